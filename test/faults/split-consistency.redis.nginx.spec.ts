import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answersOf, sharesOf } from '../support/answer-shares.js';
import { ConsistencyChecker } from '../support/consistency-checker.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type ReplicatedDatabase, startReplicated } from '../support/replicated-database.js';
import { type RunningTopology, startTopology } from '../support/running-topology.js';

/** `npm run consistency -- --seconds 60` takes its time. */
const SECONDS = Number(process.env['CONSISTENCY_SECONDS'] ?? 4);

let redis: RedisServer;
let database: ReplicatedDatabase;
let topology: RunningTopology;
beforeAll(async () => {
  [redis, database] = await Promise.all([startRedis(), startReplicated([0, 150])]);
  topology = await startTopology('microservices', {
    env: {
      ...database.env,
      REDIS_URL: redis.url,
      SEAM_CHECKED: 'off',
      LOG_LEVEL: 'error',
      REGISTRATIONS_PER_MINUTE: '100000',
    },
  });
}, 240_000);
afterAll(async () => {
  await topology?.stop();
  await database?.stop();
  await redis?.stop();
}, 120_000);

it.each([
  ['remembered by name', false],
  ['by token', true],
])(
  'users read their own writes in the full split, with a late replica and cached answers: %s',
  { timeout: 240_000 + 4_000 * SECONDS },
  async (words, carriesTokens) => {
    const checker = new ConsistencyChecker({ hosts: [topology.url], sessions: 20, carriesTokens });
    await checker.run(async () => {
      await pause(SECONDS * 1000);
      // Enough to tell something, also on a busy machine.
      await expect.poll(() => checker.report.reads, { timeout: 60_000 }).toBeGreaterThan(100);
    });
    const { behind, wrong, lost, unnotified, ...report } = await checker.settle();
    const answers = await answersOf(topology.hosts.map(({ url }) => url));
    process.stderr.write(`in the full split, ${words}: ${JSON.stringify(report)}; ${sharesOf(answers)}\n`);
    expect({ behind, wrong, lost, unnotified }).toEqual({ behind: [], wrong: [], lost: [], unnotified: [] });
    expect(report.reads).toBeGreaterThan(50);
    expect(answers['cached']).toBeGreaterThan(0);
    expect([answers['stale'], answers['fallback']]).toEqual([undefined, undefined]);
  },
);
