import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query, TestPostgres } from '../../../../test/support/postgres.js';
import { migrateQueues } from '../../../../test/support/queues.js';

describe('migrateQueues', () => {
  const server = new TestPostgres();
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  it('may be run by several at once, and again', async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    const lines: string[] = [];
    const run = () => migrateQueues(ownerUrl, queuesUrl, (line) => lines.push(line));
    await Promise.all([run(), run(), run()]);
    await run();
    expect(lines).toEqual([expect.stringMatching(/^queues: bullmq 0 → \d+$/)]);
  });

  it('gives the role nothing outside its schema', async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await query(ownerUrl, 'revoke all on schema public from public');
    await query(ownerUrl, 'create schema articles');
    await query(ownerUrl, 'create table articles.article (id int)');
    await migrateQueues(ownerUrl, queuesUrl);
    const forbidden = [
      'select * from articles.article',
      'create table articles.mine (id int)',
      'create table public.mine (id int)',
      'create schema mine',
      'create table bullmq.mine (id int)',
      'create sequence bullmq.mine',
      'create function bullmq.mine() returns int language sql return 1',
      'create role mine',
      'drop table bullmq.job',
      'alter table bullmq.job add column mine int',
      'insert into bullmq.migration (version, name, min_client_version) values (99, $$x$$, 99)',
    ];
    for (const sql of forbidden) await expect(query(queuesUrl, sql)).rejects.toMatchObject({ code: '42501' });
  });

  it.each([
    ['the owner', (url: URL) => url.username, /QUEUES_DATABASE_URL: expected a role other than the owner/],
    ['no role', () => '', /QUEUES_DATABASE_URL: expected a URL with a role and a password/],
  ])('refuses to have queues log in as %s', async (_who, username, message) => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    const url = Object.assign(new URL(queuesUrl), { username: username(new URL(ownerUrl)) }).href;
    await expect(migrateQueues(ownerUrl, url)).rejects.toThrow(message);
  });
});
