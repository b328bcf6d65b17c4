import type { EmbeddedPostgres } from '@tearline/embedded';
import { SettingsError } from '@tearline/settings';
import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../../../test/support/postgres.js';
import { type ModuleData, prepareDatabase, type PrepareOptions } from './index.js';

class CreateSamples1764000000000 {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table samples.samples (id int)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table samples.samples');
  }
}

const samples: ModuleData = { schema: 'samples', migrations: async () => [CreateSamples1764000000000] };
const never = () => Promise.reject(new Error('no database must be started'));

describe('preparing a database', () => {
  let server: EmbeddedPostgres;
  const options = (more: Partial<PrepareOptions>): PrepareOptions => ({
    modules: [samples],
    env: {},
    isProduction: false,
    start: never,
    log: () => undefined,
    ...more,
  });

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('creates the schemas and roles of modules, and other schemas', async () => {
    const seen: string[] = [];
    const { urls, migrationCount, ownerUrl } = await prepareDatabase(
      options({
        env: { DATABASE_URL: server.url },
        otherSchemas: { queues: async (_owner, role) => seen.push(role) },
      }),
    );
    expect([ownerUrl, migrationCount > 0, Object.keys(urls)]).toEqual([
      server.url,
      true,
      ['samples', 'queues'],
    ]);
    expect(seen).toEqual(['tearline_queues']);
    expect(new URL(urls['queues']!).username).toBe('tearline_queues');
    const client = new pg.Client({ connectionString: urls['samples']! });
    await client.connect();
    expect((await client.query('select count(*)::int as samples from samples')).rows).toEqual([
      { samples: 0 },
    ]);
    await client.end();
  });

  it('starts a database without DATABASE_URL, and stops it when the preparation fails', async () => {
    const events: string[] = [];
    const start = async () => ({ url: server.url, stop: async () => void events.push('stopped') });
    const { stop } = await prepareDatabase(options({ start }));
    expect(events).toEqual([]);
    await stop();
    expect(events).toEqual(['stopped']);
    const fails = { queues: () => Promise.reject(new Error('no queues')) };
    await expect(prepareDatabase(options({ start, otherSchemas: fails }))).rejects.toThrow('no queues');
    expect(events).toEqual(['stopped', 'stopped']);
  });

  it('derives no URL in production', async () => {
    const otherSchemas = { queues: async () => 0 };
    const errorOf = (env: PrepareOptions['env']) =>
      prepareDatabase(options({ isProduction: true, otherSchemas, env })).catch((error: unknown) => error);
    const DATABASE_URL = 'postgres://o:p@127.0.0.1:1/x';
    expect(await errorOf({})).toEqual(
      expect.objectContaining({
        message: expect.stringContaining('DATABASE_URL: expected the URL of the role that owns'),
      }),
    );
    expect(await errorOf({ DATABASE_URL })).toEqual(
      expect.objectContaining({
        message: expect.stringMatching(/SAMPLES_DATABASE_URL: expected.*\n.*QUEUES_DATABASE_URL: expected/),
      }),
    );
    expect(await errorOf({})).toBeInstanceOf(SettingsError);
  });
});
