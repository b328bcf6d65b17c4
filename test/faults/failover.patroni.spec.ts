import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import { type FailoverEnvironment, startFailoverEnvironment } from './failover/environment.js';
import { FAULTS } from './failover/faults.js';
import { runFault } from './failover/run-fault.js';

/** `npm run failover` takes its time. A busy machine may not delay a leader for so long; Patroni 4 takes a ttl of 20 instead. */
const TUNING = { ttl: 10, loop_wait: 1, retry_timeout: 4 };
const LOAD = { sessions: 4, thinkMs: 100 };
let environment: FailoverEnvironment;

beforeAll(async () => {
  environment = await startFailoverEnvironment(TUNING);
}, 180_000);
afterAll(() => environment?.stop());

it.each([FAULTS.killed, FAULTS.switchover])('$name', { timeout: 180_000 }, async (fault) => {
  onTestFailed(() => void process.stderr.write(`${environment.log.join('\n')}\n`));
  const before = await environment.cluster.leader();
  const { lost, behind, failed, writes, reads } = await runFault(environment, fault, LOAD);
  expect({ lost, behind }).toEqual({ lost: [], behind: [] });
  // 504 is a request that waited for the former leader until its deadline.
  expect([...failed.keys()].filter((status) => status !== 503 && status !== 504)).toEqual([]);
  expect(writes).toBeGreaterThan(10);
  expect(reads).toBeGreaterThan(10);
  expect((await environment.cluster.leader()).name).not.toBe(before.name);
});
