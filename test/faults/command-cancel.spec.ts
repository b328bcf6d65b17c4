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
/** Longer than anything here may take: nobody sees the end of it. */
const DAWDLE_SECONDS = 60;
/** What a busy machine may add. */
const SLACK_MS = 5_000;

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
  return query(
    database.urls['comments']!,
    `select state, wait_event from pg_stat_activity
      where usename = current_user and state <> 'idle' and pid <> pg_backend_pid()`,
  );
}

/** How many calls have begun to dawdle: a sequence counts what is rolled back as well. */
async function dawdled(): Promise<number> {
  const [row] = await query<{ count: string }>(
    database.ownerUrl,
    'select case when is_called then last_value else 0 end as count from comments.dawdled',
  );
  return Number(row!.count);
}

it(
  'calls that nobody waits for leave the database idle, over the seam as well',
  { timeout: 60_000 },
  async () => {
    await writeComments(database, 7, 3);
    expect(await purge(10_000)).toEqual({ purged: 3 });
    await query(
      database.ownerUrl,
      `create sequence comments.dawdled;
     grant usage on sequence comments.dawdled to public;
     create function comments.dawdle() returns trigger language plpgsql as
       'begin perform nextval(''comments.dawdled''), pg_sleep(${DAWDLE_SECONDS}); return null; end';
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
    await Promise.all(Array.from({ length: AT_ONCE }, worker));

    expect(await dawdled()).toBeGreaterThan(5);
    const ended = performance.now();
    await expect.poll(atWork).toEqual([]);
    expect(performance.now() - ended).toBeLessThan(SLACK_MS);
    expect(outcomes).toEqual(Array<string>(CALLS).fill('deadline-exceeded'));
    expect(Math.max(...took)).toBeLessThan(DEADLINE_MS + SLACK_MS);

    await query(database.ownerUrl, 'drop trigger dawdle on comments.comments');
    expect(await purge(10_000)).toEqual({ purged: 2 });
    expect(process.kill(host.pid, 0)).toBe(true);
  },
);
