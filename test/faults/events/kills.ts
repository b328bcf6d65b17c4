import { type InjectionPoint, injectionPointNames, injectionPoints, type Role } from './injection-points.js';
import { Load } from './load.js';
import type { BrokerName, TestEnvironment } from './test-environment.js';
import { drain, type DrainResult } from './drain.js';
import { pollUntil, withTimeout } from './waiting.js';

/** The process or server that is killed with SIGKILL. */
export type Victim = Role | 'Redis' | 'PostgreSQL';

/** One line of the table: a victim and a point. Redis restarts without its data every second time. */
export interface KillCase {
  readonly victim: Victim;
  readonly point: InjectionPoint;
  /** Role of the process that is at the point. */
  readonly role: Role;
  readonly kills: number;
}

/** Result of a case. */
export interface KillOutcome extends DrainResult {
  /** Kills that were carried out. */
  readonly killed: number;
}

/** So many more writes are acknowledged before each kill: there is something to lose. */
export const WRITES_BEFORE_A_KILL = 10;
const REACH_TIMEOUT_MS = 120_000;
const READY_TIMEOUT_MS = 120_000;

/** Returns all cases: each process at the points that it reaches, each server while a process is at a point. */
export function killCases(broker: BrokerName, kills: { processes: number; servers: number }): KillCase[] {
  const reached = injectionPointNames.map((point) => {
    const roles: readonly Role[] = injectionPoints[point].roles;
    return { point, roles: roles.filter((role) => (broker === 'none') === (role === 'both')) };
  });
  const processes = reached.flatMap(({ point, roles }) =>
    roles.map((role) => ({ victim: role, point, role, kills: kills.processes })),
  );
  const servers = broker === 'redis' ? (['Redis', 'PostgreSQL'] as const) : (['PostgreSQL'] as const);
  const ofServers = servers.flatMap((victim) =>
    reached.flatMap(({ point, roles: [role] }) =>
      role === undefined ? [] : [{ victim, point, role, kills: kills.servers }],
    ),
  );
  return [...processes, ...ofServers];
}

/** Runs the cases one after the other under one constant load, waits until everything is delivered, and counts. */
export async function runKills(
  environment: TestEnvironment,
  cases: readonly KillCase[],
  { name, rate, timeoutMs }: { name: string; rate: number; timeoutMs?: number },
): Promise<KillOutcome> {
  const load = new Load(environment, name, rate);
  let killed = 0;
  const problems: string[] = [];
  for (const one of cases)
    try {
      for (let turn = 0; turn < one.kills; turn += 1) {
        await pollUntil(READY_TIMEOUT_MS, 'acknowledged writes', moreAcknowledged(load));
        await killOnce(environment, load, one, turn);
        killed += 1;
      }
    } catch (error) {
      problems.push((error as Error).message);
    }
  const drained = await drain(environment, { name, load, timeoutMs });
  if (drained.problem !== undefined) problems.push(drained.problem);
  return { ...drained, killed, problem: problems.join('; ') || undefined };
}

function moreAcknowledged({ acknowledged }: Load): () => Promise<boolean> {
  const before = acknowledged.size;
  return async () => acknowledged.size >= before + WRITES_BEFORE_A_KILL;
}

async function killOnce(
  environment: TestEnvironment,
  { acknowledged }: Load,
  { victim, point, role }: KillCase,
  turn: number,
): Promise<void> {
  const candidates = environment.ofRole(role);
  const one = candidates[turn % candidates.length]!;
  await withTimeout(READY_TIMEOUT_MS, `a ${role} ready`, one.ready());
  if (victim !== 'Redis' && victim !== 'PostgreSQL') {
    // A new entry each time: one that ends its process three times in a row is rightly given up.
    const newest = Math.max(...acknowledged);
    await withTimeout(REACH_TIMEOUT_MS, `a ${role} at '${point}'`, one.crashAt(point, newest));
    return;
  }
  await withTimeout(REACH_TIMEOUT_MS, `a ${role} at '${point}'`, one.waitAt(point));
  const server = victim === 'Redis' ? environment.redis : environment.postgres;
  await (victim === 'Redis'
    ? environment.redis.kill({ deleteData: turn % 2 === 1 })
    : environment.postgres.kill());
  one.resume();
  await server.start();
}
