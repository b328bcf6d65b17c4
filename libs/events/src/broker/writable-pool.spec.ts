import { afterAll, beforeAll, expect, it } from 'vitest';
import { query, TestPostgres } from '../../../../test/support/postgres.js';
import { writablePool } from './writable-pool.js';

const server = new TestPostgres();
beforeAll(() => server.start());
afterAll(() => server.stop());

// An error without a listener fails the run.
it('a connection that breaks while it is in use, between two queries, fails the next query alone', async () => {
  const { ownerUrl } = await server.newDatabase();
  const pool = writablePool([ownerUrl, ownerUrl], { max: 1 });
  const client = await pool.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const ended = new Promise<void>((resolve) => void client.once('end', resolve));
  await query(ownerUrl, `select pg_terminate_backend(${rows[0]!.pid})`);
  await ended;
  await expect(client.query('select 1')).rejects.toThrow('not queryable');
  client.release();
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
});
