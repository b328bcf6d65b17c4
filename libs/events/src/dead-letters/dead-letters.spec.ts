import pg from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { query, TestPostgres } from '../../../../test/support/postgres.js';
import { createEventTables } from '../tables/create-event-tables.js';
import { deadLetters, type DeadLetters } from './dead-letters.js';

describe('deadLetters', () => {
  const server = new TestPostgres();
  let url: string;
  let client: pg.Client;
  let letters: DeadLetters;
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  beforeEach(async () => {
    const { ownerUrl } = await server.newDatabase();
    await query(ownerUrl, 'create schema readers');
    const source = new DataSource({
      type: 'postgres',
      url: ownerUrl,
      migrations: [createEventTables('readers')],
    });
    await source.initialize();
    await source.runMigrations();
    await source.destroy();
    client = new pg.Client({ connectionString: ownerUrl });
    await client.connect();
    url = ownerUrl;
    letters = deadLetters(client, 'readers');
    await park('article/1', 3, { type: 'articles/edited', context: {} }, 2);
    await park('article/2', 1, { type: 'articles/deleted', context: { ends: true } }, 0);
    await client.query(
      `insert into readers.outbox (id, queue, type, version, payload, attempts, error, failed_at)
       values (7, 'readers.letters', 'readers.letters', 1, '{}', 5, 'refused', '2026-01-03')`,
    );
    return () => client.end();
  });

  async function park(aggregate: string, seq: number, event: object, behind: number): Promise<void> {
    await client.query(
      `insert into readers.inbox_cursors (publisher, aggregate, last, parked_at)
       values ('articles', $1, $2, '2026-01-02')`,
      [aggregate, seq - 1],
    );
    await client.query(
      `insert into readers.inbox (publisher, aggregate, seq, event, state, error, attempts)
       values ('articles', $1, $2, $3, 'dead', 'boom', 8)`,
      [aggregate, seq, event],
    );
    await client.query(
      `insert into readers.inbox (publisher, aggregate, seq, event)
       select 'articles', $1, $2 + n, $3 from generate_series(1, $4::int) n`,
      [aggregate, seq, event, behind],
    );
  }

  const cursor = async (aggregate: string) =>
    (
      await client.query(
        `select last::int, parked_at is not null as parked, ended_at is not null as ended
         from readers.inbox_cursors where aggregate = $1`,
        [aggregate],
      )
    ).rows[0] as unknown;

  it('lists events and jobs, with the number of events that wait behind them', async () => {
    expect(await letters.list()).toEqual([
      {
        id: 'articles:article/1:3',
        module: 'readers',
        publisher: 'articles',
        event: 'articles/edited',
        aggregate: 'article/1',
        seq: 3,
        error: 'boom',
        attempts: 8,
        since: expect.any(Date) as Date,
        waiting: 2,
      },
      expect.objectContaining({ id: 'articles:article/2:1', waiting: 0 }),
      expect.objectContaining({
        id: 'job:7',
        publisher: 'readers',
        event: 'readers.letters',
        aggregate: undefined,
        seq: undefined,
        error: 'refused',
        attempts: 5,
      }),
    ]);
  });

  it('retries one event: it is next again, and the others stay dead', async () => {
    expect(await letters.retry('articles:article/1:3')).toBe(1);
    expect(await cursor('article/1')).toEqual({ last: 2, parked: false, ended: false });
    expect((await letters.list()).map(({ id }) => id)).toEqual(['articles:article/2:1', 'job:7']);
    const { rows } = await client.query(
      `select state, attempts from readers.inbox where aggregate = 'article/1' and seq = 3`,
    );
    expect(rows).toEqual([{ state: 'waiting', attempts: 0 }]);
  });

  it('retries one job', async () => {
    expect(await letters.retry('job:7')).toBe(1);
    const { rows } = await client.query(
      'select failed_at, attempts, next_at <= now() as due from readers.outbox where id = 7',
    );
    expect(rows).toEqual([{ failed_at: null, attempts: 0, due: true }]);
  });

  it('drops all: cursors move past them, and aggregates that they end are ended', async () => {
    expect(await letters.drop()).toBe(3);
    expect(await cursor('article/1')).toEqual({ last: 3, parked: false, ended: false });
    expect(await cursor('article/2')).toEqual({ last: 1, parked: false, ended: true });
    expect(await letters.list()).toEqual([]);
    const { rows } = await client.query('select seq::int from readers.inbox order by seq');
    expect(rows).toEqual([{ seq: 4 }, { seq: 5 }]);
  });

  it('handles a dead letter once when it is retried twice at the same time', async () => {
    const others = [1, 2].map(() => new pg.Client({ connectionString: url }));
    await Promise.all(others.map((other) => other.connect()));
    await client.query('begin');
    await client.query('select from readers.inbox_cursors for update');
    const retries = others.map((other) => deadLetters(other, 'readers').retry('articles:article/1:3'));
    await expect
      .poll(async () => (await client.query('select from pg_locks where not granted')).rowCount)
      .toBe(2);
    await client.query('commit');
    expect((await Promise.all(retries)).reduce((sum, retried) => sum + retried, 0)).toBe(1);
    await Promise.all(others.map((other) => other.end()));
  });

  it('changes nothing for an unknown id', async () => {
    expect(await letters.retry('articles:article/1:4')).toBe(0);
    expect(await letters.drop('job:8')).toBe(0);
    expect(await letters.list()).toHaveLength(3);
  });
});
