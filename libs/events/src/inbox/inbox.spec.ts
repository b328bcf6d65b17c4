import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestPostgres } from '../../../../test/support/postgres.js';
import { createSampleSchemas } from '../sample-modules.fixture.js';

const server = new TestPostgres();
const clients: pg.Client[] = [];
beforeAll(async () => {
  await server.start();
  const { ledger } = await createSampleSchemas((await server.newDatabase()).ownerUrl);
  for (let count = 0; count < 3; count += 1) {
    const client = new pg.Client({ connectionString: ledger! });
    clients.push(client);
    await client.connect();
  }
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await server.stop();
});

async function receive(client: pg.Client, aggregate: string, seq: number): Promise<string> {
  const { rows } = await client.query<{ reception: string }>(
    `select receive_event('shop', $1, $2, '{}') as reception`,
    [aggregate, seq],
  );
  return rows[0]!.reception;
}

it.each([1, 2])('lets one of two transactions handle event %i when both saw that it is next', async (seq) => {
  const [quick, slow, watcher] = clients as [pg.Client, pg.Client, pg.Client];
  const aggregate = `shelf/${seq}`;
  for (let before = 1; before < seq; before += 1)
    expect(await receive(watcher, aggregate, before)).toBe('handle');
  await quick.query('begin');
  // The other transaction can read the cursor now, and has to wait before it changes it.
  await quick.query('lock table inbox_cursors in exclusive mode');
  const late = receive(slow, aggregate, seq);
  await expect
    .poll(async () => (await watcher.query('select from pg_locks where not granted')).rowCount)
    .toBe(1);
  expect(await receive(quick, aggregate, seq)).toBe('handle');
  await quick.query('commit');
  expect(await late).toBe('stored');
  // The stored copy has been handled, and is deleted.
  expect((await watcher.query(`select from claim_event('shop', $1)`, [aggregate])).rowCount).toBe(0);
  expect((await watcher.query('select from inbox')).rowCount).toBe(0);
});

it.each([1, 2])(
  'makes event %i a dead letter although its handler holds its transaction for a while',
  async (seq) => {
    const [hung, processor, watcher] = clients as [pg.Client, pg.Client, pg.Client];
    const aggregate = `hook/${seq}`;
    for (let before = 1; before < seq; before += 1)
      expect(await receive(watcher, aggregate, before)).toBe('handle');
    await hung.query('begin');
    expect(await receive(hung, aggregate, seq)).toBe('handle');
    const failure = processor.query(
      `select state from fail_event('shop', $1, $2, '{}', 'not done within 30000 ms', 'failed', 1)`,
      [aggregate, seq],
    );
    await expect
      .poll(async () => (await watcher.query('select from pg_locks where not granted')).rowCount)
      .toBe(1);
    await hung.query('rollback');
    expect((await failure).rows).toEqual([{ state: 'dead' }]);
  },
);

/** Fails a statement that waits for a lock. */
const withoutWaiting = async <T>(client: pg.Client, statement: () => Promise<T>): Promise<T> => {
  await client.query("set lock_timeout = '1s'");
  try {
    return await statement();
  } finally {
    await client.query('reset lock_timeout');
  }
};

it.each([1, 2])('stores a copy of event %i at once while another transaction handles it', async (seq) => {
  const [handler, other] = clients as [pg.Client, pg.Client];
  const aggregate = `copy/${seq}`;
  for (let before = 1; before < seq; before += 1) await receive(other, aggregate, before);
  await handler.query('begin');
  expect(await receive(handler, aggregate, seq)).toBe('handle');
  expect(await withoutWaiting(other, () => receive(other, aggregate, seq))).toBe('stored');
  await handler.query('commit');
  expect(await receive(other, aggregate, seq)).toBe('duplicate');
});

it.each([
  ['next', 2],
  ['handled', 1],
])(
  'claims no event that is %s and that another transaction has claimed, and does not wait',
  async (_, seq) => {
    const [claimer, other] = clients as [pg.Client, pg.Client];
    const aggregate = `claimed/${seq}`;
    await receive(other, aggregate, 1);
    await other.query(`insert into inbox (publisher, aggregate, seq, event) values ('shop', $1, $2, '{}')`, [
      aggregate,
      seq,
    ]);
    const claim = async (client: pg.Client) =>
      (await client.query(`select from claim_event('shop', $1)`, [aggregate])).rowCount;
    await claimer.query('begin');
    await claimer.query('select from inbox where aggregate = $1 for update', [aggregate]);
    expect(await withoutWaiting(other, () => claim(other))).toBe(0);
    await claimer.query('rollback');
    expect(await claim(other)).toBe(seq - 1);
  },
);

it('does not count a failure of an event that another transaction is handling and has handled then', async () => {
  const [handler, processor, watcher] = clients as [pg.Client, pg.Client, pg.Client];
  await receive(watcher, 'failing', 1);
  await handler.query('begin');
  expect(await receive(handler, 'failing', 2)).toBe('handle');
  const failure = processor.query<{ state: string }>(
    `select state from fail_event('shop', 'failing', 2, '{}', 'failed', 'failed', 8)`,
  );
  await expect
    .poll(async () => (await watcher.query('select from pg_locks where not granted')).rowCount)
    .toBe(1);
  await handler.query('commit');
  expect((await failure).rows).toEqual([{ state: 'handled' }]);
  expect((await watcher.query("select from inbox where aggregate = 'failing'")).rowCount).toBe(0);
});
