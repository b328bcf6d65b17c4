import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { QueuesServer } from '../broker/queues-database.fixture.js';
import { prepareToy } from '../toy.fixture.js';

const server = new QueuesServer();
const clients: pg.Client[] = [];
beforeAll(async () => {
  await server.start();
  const { ledger } = await prepareToy((await server.newDatabase()).ownerUrl);
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

it.each([1, 2])('gives event %i to one of two who both saw that it is next', async (seq) => {
  const [quick, slow, watcher] = clients as [pg.Client, pg.Client, pg.Client];
  const aggregate = `shelf/${seq}`;
  for (let before = 1; before < seq; before += 1)
    expect(await receive(watcher, aggregate, before)).toBe('handle');
  await quick.query('begin');
  // Whoever comes now can read how far the aggregate is, and has to wait before doing anything about it.
  await quick.query('lock table inbox_cursors in exclusive mode');
  const late = receive(slow, aggregate, seq);
  await expect
    .poll(async () => (await watcher.query('select from pg_locks where not granted')).rowCount)
    .toBe(1);
  expect(await receive(quick, aggregate, seq)).toBe('handle');
  await quick.query('commit');
  expect(await late).toBe('stored');
  // What was stored is found to be done, and goes.
  expect((await watcher.query(`select from claim_event('shop', $1)`, [aggregate])).rowCount).toBe(0);
  expect((await watcher.query('select from inbox')).rowCount).toBe(0);
});
