import { type EmbeddedPostgres, startEmbedded } from '@tearline/embedded';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MissingUrlError, type ModuleData, prepareDatabase, type PrepareOptions } from './index.js';

class CreateToys1764000000000 {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table toys.toys (id int)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table toys.toys');
  }
}

const toys: ModuleData = { schema: 'toys', migrations: async () => [CreateToys1764000000000] };
const never = () => Promise.reject(new Error('nothing is to be started'));

describe('preparing a database', () => {
  let dir: string;
  let server: EmbeddedPostgres;
  const options = (more: Partial<PrepareOptions>): PrepareOptions => ({
    modules: [toys],
    env: {},
    isProduction: false,
    start: never,
    log: () => undefined,
    ...more,
  });

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tearline-prepare-'));
    await chmod(dir, 0o755);
    server = await startEmbedded({ dir });
  });
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true });
  });

  it('makes schemas and roles, and what is there besides the modules', async () => {
    const seen: string[][] = [];
    const {
      urls,
      migrationCount: ran,
      ownerUrl,
    } = await prepareDatabase(
      options({
        env: { DATABASE_URL: server.url },
        otherSchemas: { queues: async (owner, url) => seen.push([owner, url]) },
      }),
    );
    expect([ownerUrl, ran > 0, Object.keys(urls)]).toEqual([server.url, true, ['toys', 'queues']]);
    expect(seen).toEqual([[server.url, urls['queues']]]);
    expect(new URL(urls['queues']!).username).toBe('tearline_queues');
    const client = new pg.Client({ connectionString: urls['toys']! });
    await client.connect();
    expect((await client.query('select count(*)::int as toys from toys')).rows).toEqual([{ toys: 0 }]);
    await client.end();
  });

  it('starts a database where none is named, and stops it when the preparation fails', async () => {
    const heard: string[] = [];
    const start = async () => ({ url: server.url, stop: async () => void heard.push('stopped') });
    const { stop } = await prepareDatabase(options({ start }));
    expect(heard).toEqual([]);
    await stop();
    expect(heard).toEqual(['stopped']);
    const fails = { queues: () => Promise.reject(new Error('no queues')) };
    await expect(prepareDatabase(options({ start, otherSchemas: fails }))).rejects.toThrow('no queues');
    expect(heard).toEqual(['stopped', 'stopped']);
  });

  it('makes nothing up in production', async () => {
    const besides = { queues: async () => 0 };
    const refusal = (env: PrepareOptions['env']) =>
      prepareDatabase(options({ isProduction: true, otherSchemas: besides, env })).catch(
        (error: unknown) => error,
      );
    const DATABASE_URL = 'postgres://o:p@127.0.0.1:1/x';
    expect(await refusal({})).toEqual(
      expect.objectContaining({ message: expect.stringMatching(/^DATABASE_URL: missing/) }),
    );
    expect(await refusal({ DATABASE_URL })).toEqual(
      expect.objectContaining({
        message: expect.stringMatching(/^TOYS_DATABASE_URL, QUEUES_DATABASE_URL: missing/),
      }),
    );
    expect(await refusal({})).toBeInstanceOf(MissingUrlError);
  });
});
