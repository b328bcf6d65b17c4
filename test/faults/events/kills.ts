import type { Point, Role } from './points.js';
import { Load } from './load.js';
import type { Rig } from './rig.js';
import { settle, type Settled } from './settle.js';
import { until, within } from './within.js';

/** Who is killed with -9. */
export type Victim = Role | 'Redis' | 'PostgreSQL';

/** One line of the table: who dies where. Redis comes back without its data every second time. */
export interface Case {
  readonly victim: Victim;
  readonly point: Point;
  /** Who is at the point. */
  readonly role: Role;
  readonly kills: number;
}

/** What came of kills. */
export interface Killed extends Settled {
  /** How often it was done. */
  readonly killed: number;
}

const REACHED_MS = 120_000;
const READY_MS = 120_000;

/** Kills as the cases say, one after the other under one constant load, lets everything be delivered, and counts. */
export async function runKills(
  rig: Rig,
  cases: readonly Case[],
  { name, rate, patience }: { name: string; rate: number; patience?: number },
): Promise<Killed> {
  const load = new Load(rig, name, rate);
  let killed = 0;
  const problems: string[] = [];
  for (const one of cases)
    try {
      for (let turn = 0; turn < one.kills; turn += 1) {
        await until(READY_MS, 'writers answered', more(load));
        await killOnce(rig, one, turn);
        killed += 1;
      }
    } catch (error) {
      problems.push((error as Error).message);
    }
  const settled = await settle(rig, { name, load, patience });
  if (settled.problem !== undefined) problems.push(settled.problem);
  return { ...settled, killed, problem: problems.join('; ') || undefined };
}

/** Whether so many more have been acknowledged by now that there is something to lose. */
function more({ acknowledged }: Load): () => Promise<boolean> {
  const before = acknowledged.size;
  return async () => acknowledged.size >= before + 10;
}

async function killOnce(rig: Rig, { victim, point, role }: Case, turn: number): Promise<void> {
  const those = rig.ofRole(role);
  const one = those[turn % those.length]!;
  await within(READY_MS, `a ${role} ready`, one.ready());
  if (victim === 'host' || victim === 'worker') {
    await within(REACHED_MS, `a ${role} at '${point}'`, one.dieAt(point));
    return;
  }
  await within(REACHED_MS, `a ${role} at '${point}'`, one.waitAt(point));
  const server = victim === 'Redis' ? rig.redis : rig.postgres;
  await (victim === 'Redis' ? rig.redis.kill({ forgetting: turn % 2 === 1 }) : rig.postgres.kill());
  one.goOn();
  await server.start();
}
