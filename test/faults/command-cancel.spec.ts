import { CallContext, isSeamError, runCall } from '@tearline/seam';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { query, type TestDatabase, TestServer } from '../support/database.js';
import {
  type CommentsHost,
  openCaller,
  startCommentsHost,
  writeComments,
} from './fixtures/comments-hosts.js';

const CALLS = 500;
const AT_ONCE = 50;
const DEADLINE_MS = 200;
/** What a busy machine may add. */
const SLACK_MS = 800;

const server = new TestServer();
let database: TestDatabase;
let host: CommentsHost;
let caller: Awaited<ReturnType<typeof openCaller>>;

beforeAll(async () => {
  await server.start();
  database = await server.newDatabase();
  await database.migrate();
  host = await startCommentsHost(database, { DATABASE_CONNECTIONS: '20' });
  caller = await openCaller([host.address]);
});
afterAll(async () => {
  await caller.close();
  await host.stop();
  await server.stop();
});

function purge(within: number) {
  const context = new CallContext({ requestId: 'r', deadline: performance.now() + within });
  return runCall(context, () => caller.comments.purge({ articleIds: [7] }));
}

/** What the module's own role, which alone may see it, is at. */
async function atWork() {
  return query<{ state: string; wait_event: string | null }>(
    database.urls['comments']!,
    `select state, wait_event from pg_stat_activity
      where usename = current_user and state <> 'idle' and pid <> pg_backend_pid()`,
  );
}

it(
  'calls that nobody waits for leave the database idle, over the seam as well',
  { timeout: 60_000 },
  async () => {
    await writeComments(database, 7, 3);
    expect(await purge(10_000)).toEqual({ purged: 3 });
    await query(
      database.ownerUrl,
      `create function comments.dawdle() returns trigger language plpgsql as
       'begin perform pg_sleep(10); return null; end';
     create trigger dawdle before delete on comments.comments for each statement execute function comments.dawdle();`,
    );
    await writeComments(database, 7, 2);

    const took: number[] = [];
    const outcomes: unknown[] = [];
    const call = async () => {
      const started = performance.now();
      outcomes.push(
        await purge(DEADLINE_MS).catch((error: unknown) => (isSeamError(error) ? error.code : error)),
      );
      took.push(performance.now() - started);
    };
    let left = CALLS;
    const worker = async () => {
      while (left-- > 0) await call();
    };
    const working = Promise.all(Array.from({ length: AT_ONCE }, worker));
    await expect
      .poll(async () => (await atWork()).filter(({ wait_event: event }) => event === 'PgSleep').length)
      .toBeGreaterThan(5);
    await working;

    const ended = performance.now();
    await expect.poll(atWork, { timeout: 1_000, interval: 50 }).toEqual([]);
    expect(performance.now() - ended).toBeLessThan(1_000);
    expect(outcomes).toEqual(Array<string>(CALLS).fill('deadline-exceeded'));
    expect(Math.max(...took)).toBeLessThan(DEADLINE_MS + SLACK_MS);

    await query(database.ownerUrl, 'drop trigger dawdle on comments.comments');
    expect(await purge(10_000)).toEqual({ purged: 2 });
    expect(process.kill(host.pid, 0)).toBe(true);
  },
);
