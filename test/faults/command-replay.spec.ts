import { CallContext, runCall } from '@tearline/seam';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { query, type TestDatabase, TestServer } from '../support/database.js';
import {
  openCaller,
  startCommentsHost,
  type CommentsHost,
  writeComments,
} from './fixtures/comments-hosts.js';

const PRELOADED = new URL('./fixtures/die-after-commit.ts', import.meta.url).href;

const server = new TestServer();
let database: TestDatabase;
let dir: string;
let replicas: CommentsHost[];
let caller: Awaited<ReturnType<typeof openCaller>>;

beforeAll(async () => {
  await server.start();
});
afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  database = await server.newDatabase();
  await database.migrate();
  dir = await mkdtemp(join(tmpdir(), 'tearline-replay-'));
  const env = { NODE_OPTIONS: `--import=${PRELOADED}`, DIE_ONCE: join(dir, 'died') };
  replicas = await Promise.all([startCommentsHost(database, env), startCommentsHost(database, env)]);
  caller = await openCaller(replicas.map(({ address }) => address));
});
afterEach(async () => {
  await caller.close();
  await Promise.all(replicas.map((replica) => replica.kill()));
  await rm(dir, { recursive: true });
});

/** Purges article 7, as part of a request that may carry an idempotency key. */
function purge(idempotencyKey?: string) {
  const deadline = performance.now() + 10_000;
  const context = new CallContext({ requestId: 'r', principal: { id: '1' }, deadline, idempotencyKey });
  return runCall(context, () => caller.comments.purge({ articleIds: [7] }));
}

/** How the replica that was killed ended; only one was. */
async function expectOneKilled(): Promise<void> {
  await access(join(dir, 'died'));
  expect(await Promise.race(replicas.map(({ exited }) => exited))).toBe('SIGKILL');
  const ready = await Promise.allSettled(replicas.map(({ url }) => fetch(`${url}/health/ready`)));
  expect(ready.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
}

const commentsLeft = () =>
  query(database.ownerUrl, 'select article_id::int as article from comments.comments order by 1');
const keysKept = () => query(database.ownerUrl, 'select principal, operation from comments.idempotency_keys');

it('a command with a key whose callee dies after the commit is answered by the other replica, from the first run', async () => {
  await writeComments(database, 7, 3);
  await writeComments(database, 8, 1);

  expect(await purge('a key')).toEqual({ purged: 3 });

  await expectOneKilled();
  expect(caller.retries).toEqual(['comments.purge']);
  expect(await commentsLeft()).toEqual([{ article: 8 }]);
  expect(await keysKept()).toEqual([{ principal: '1', operation: 'answer purge' }]);

  // What has been added since is not the business of a request that was answered long ago.
  await writeComments(database, 7, 2);
  expect(await purge('a key')).toEqual({ purged: 3 });
  expect(await commentsLeft()).toEqual([{ article: 7 }, { article: 7 }, { article: 8 }]);
  expect(await purge('another key')).toEqual({ purged: 2 });
});

it('a command without a key whose callee dies after the commit is not repeated, and nobody claims to know', async () => {
  await writeComments(database, 7, 3);

  await expect(purge()).rejects.toMatchObject({ code: 'unavailable', retryable: false });

  await expectOneKilled();
  expect(caller.retries).toEqual([]);
  expect(await commentsLeft()).toEqual([]);
  expect(await keysKept()).toEqual([]);

  await writeComments(database, 7, 2);
  expect(await purge()).toEqual({ purged: 2 });
});
