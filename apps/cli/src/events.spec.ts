import { databaseUrls, prepareDatabase } from '@tearline/database';
import type { EmbeddedPostgres } from '@tearline/embedded';
import { moduleData } from '@tearline/modules';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../../../test/support/postgres.js';
import { run, type CapturedOutput } from './captured-output.fixture.js';

const WRONG_USAGE = 2;
const EVENT = 'notifications:articles:article/7:3';
const OTHER_EVENT = 'media:articles:article/7:3';
const JOB = 'media:job:11';

describe('events', () => {
  let server: EmbeddedPostgres;
  const events = (...args: string[]) => run({ DATABASE_URL: server.url }, 'events', ...args);
  const done = (printed: string): CapturedOutput => ({ code: 0, printed, noted: '' });
  const ids = async (...args: string[]) => {
    const { printed } = await events('list', '--json', ...args);
    return (JSON.parse(printed) as { id: string }[]).map(({ id }) => id);
  };

  beforeAll(async () => {
    server = await startPostgres();
    await prepareDatabase({
      modules: moduleData,
      env: { DATABASE_URL: server.url },
      isProduction: false,
      start: () => Promise.reject(new Error('there is one')),
      log: () => undefined,
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  beforeEach(async () => {
    const owner = new pg.Client({ connectionString: server.url });
    await owner.connect();
    for (const module of ['notifications', 'media'])
      await owner.query(`
        truncate ${module}.inbox, ${module}.inbox_cursors, ${module}.outbox;
        insert into ${module}.inbox_cursors (publisher, aggregate, last, parked_at)
        values ('articles', 'article/7', 2, '2026-01-02 03:04:05Z');
        insert into ${module}.inbox (publisher, aggregate, seq, event, state, error, attempts)
        values ('articles', 'article/7', 3, '{"type":"articles/edited","context":{}}', 'dead', e'boom\\n\\u001b[2J', 8),
               ('articles', 'article/7', 4, '{"type":"articles/edited","context":{}}', 'waiting', null, 0)`);
    await owner.query(`
      insert into media.outbox (id, queue, type, version, payload, attempts, error, failed_at)
      values (11, 'media.variants', 'media.variants', 1, '{}', 5, 'no space', '2026-01-03')`);
    await owner.end();
  });

  it('list shows them as a table, without what an error could do to a terminal', async () => {
    const { code, printed } = await events('list', '--module', 'notifications');
    expect([code, printed.split('\n')]).toEqual([
      0,
      [
        'id                                  event            since (UTC)          attempts  waiting  error',
        `${EVENT}  articles/edited  2026-01-02 03:04:05         8        1  boom`,
        '',
      ],
    ]);
  });

  it('list --json shows all of them, oldest first, with whole errors', async () => {
    expect((await ids()).toSorted()).toEqual([EVENT, OTHER_EVENT, JOB].toSorted());
    expect((await ids()).at(-1)).toBe(JOB);
    const { printed } = await events('list', '--json', '--module', 'notifications');
    expect(JSON.parse(printed)).toEqual([
      expect.objectContaining({ id: EVENT, module: 'notifications', attempts: 8, error: 'boom\n\u001B[2J' }),
    ]);
  });

  it('retry and drop take ids', async () => {
    expect(await events('retry', EVENT)).toEqual(done('Retrying: 1.\n'));
    expect(await ids()).toEqual([OTHER_EVENT, JOB]);
    expect(await events('drop', JOB, OTHER_EVENT)).toEqual(done('Dropped: 2.\n'));
    expect(await events('list')).toEqual(done('No dead letters.\n'));
  });

  it('retry and drop take all, or all of a module', async () => {
    expect(await events('drop', '--all', '--module', 'media')).toEqual(done('Dropped: 2.\n'));
    expect(await ids()).toEqual([EVENT]);
    expect(await events('retry', '--all')).toEqual(done('Retrying: 1.\n'));
    expect(await events('retry', '--all')).toEqual(done('Retrying: 0.\n'));
  });

  it('reports an unknown id', async () => {
    expect(await events('drop', 'media:job:12')).toMatchObject({
      code: 1,
      noted: expect.stringMatching(/^no dead letter 'media:job:12';/),
    });
  });

  it.each([
    [[], 'Usage: npm run events --'],
    [['lst'], "unknown command 'lst'\n(Did you mean list?)"],
    [['list', JOB], "too many arguments for 'list'"],
    [['retry'], 'retry: name ids'],
    [['drop', JOB, '--all'], 'drop takes ids, or --all'],
    [['drop', 'job:11'], "'job:11' is no id"],
    [['list', '--module', 'medium'], "argument 'medium' is invalid. Allowed choices are identity"],
    [['retry', '--all', '--json'], "unknown option '--json'"],
  ])('refuses %j', async (args, message) => {
    expect(await events(...args)).toEqual({
      code: WRONG_USAGE,
      printed: '',
      noted: expect.stringContaining(message),
    });
  });

  it('takes nothing but the URLs of the modules asked for in production', async () => {
    const production = { NODE_ENV: 'production', DATABASE_URL: server.url };
    expect(await run(production, 'events', 'list', '--module', 'media')).toMatchObject({
      code: WRONG_USAGE,
      noted: expect.stringContaining('MEDIA_DATABASE_URL: expected a URL'),
    });
    const { media } = databaseUrls(['media'], {}, server.url);
    const own = { NODE_ENV: 'production', MEDIA_DATABASE_URL: media! };
    expect(await run(own, 'events', 'drop', JOB)).toEqual(done('Dropped: 1.\n'));
  });
});
