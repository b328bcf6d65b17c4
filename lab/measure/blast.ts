import { setTimeout as pause } from 'node:timers/promises';
import { isReady } from '../../apps/topology/src/processes/ports.js';
import { type Answer, isFine, openLoop } from '../../bench/open-loop.js';
import { arrivals } from '../../bench/split/pace.js';
import { BLOCK_SECONDS } from '../deployment/block-seconds.js';
import { evenly, type Mix, type NamedShot, type Requests } from '../load/mix.js';
import type { Blast } from '../results.js';
import type { Fault, Schedule } from '../schedule.js';
import { randomFrom } from '../stats/random.js';
import type { Subject } from './subject.js';

/** Requests a second while something fails: enough to see it, and few enough that nothing else does. */
export const MOST_WHILE_FAILING = 30;
/** A client that has waited as long goes away. */
const PATIENCE_MS = 3_000;
const RECOVERY_MS = 30_000;

export interface BlastOptions {
  readonly schedule: Schedule;
  readonly requests: Requests;
  readonly mix: Mix;
  readonly perSecond: number;
  readonly tell: (what: string) => void;
}

/** Does every fault to one process of each host in turn, while all endpoints are asked alike. */
export async function blasts(subject: Subject, options: BlastOptions): Promise<Blast[]> {
  const { deployment, site } = subject;
  const found: Blast[] = [];
  for (const host of site.topology.hosts)
    for (const fault of options.schedule.blast.faults) {
      options.tell(`${site.name}, ${fault} ${host.name}`);
      found.push(await blast(subject, host.name, fault, options));
      await recovered(subject);
      await deployment.refresh();
    }
  return found;
}

async function blast(
  { deployment }: Subject,
  host: string,
  fault: Fault,
  { schedule: { blast: times }, requests, mix, perSecond }: BlastOptions,
): Promise<Blast> {
  const { url, hosts } = deployment.running;
  const { pid } = hosts.find((process) => process.host === host)!;
  const random = randomFrom(7);
  const seconds = times.before + (fault === 'kill' ? 0 : BLOCK_SECONDS) + times.after;
  const shots = requests.take(evenly(mix), Math.ceil(perSecond * seconds * 1.5), random);
  const schedule = [...arrivals(shots, perSecond, seconds, random)];
  const faulty = pause(times.before * 1000).then(() => commit(fault, pid));
  const answers = await openLoop(url, schedule, { patience: PATIENCE_MS });
  await faulty;
  return { host, fault, ...impactOf(answers, times.before) };
}

/** What failed from the fault on. @param at seconds from the start */
export function impactOf(answers: readonly Answer<NamedShot>[], at: number): Omit<Blast, 'host' | 'fault'> {
  const since = answers.filter((answer) => answer.at >= at * 1000);
  const failed = since.filter((answer) => !isFine(answer));
  return {
    requests: since.length,
    asked: countOf(since),
    failed: countOf(failed),
    seconds: failed.length === 0 ? 0 : Math.max(...failed.map((answer) => answer.at)) / 1000 - at,
  };
}

function countOf(answers: readonly Answer<NamedShot>[]): Record<string, number> {
  const groups = Map.groupBy(answers, ({ shot }) => shot.endpoint);
  return Object.fromEntries([...groups].map(([endpoint, all]) => [endpoint, all.length]));
}

async function commit(fault: Fault, pid: number): Promise<void> {
  if (fault === 'kill') return void process.kill(pid, 'SIGKILL');
  if (fault === 'block') return void process.kill(pid, 'SIGUSR2');
  process.kill(pid, 'SIGSTOP');
  try {
    await pause(BLOCK_SECONDS * 1000);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** Resolves when every process answers again. @throws Error when that takes half a minute */
async function recovered({ deployment, site }: Subject): Promise<void> {
  const end = performance.now() + RECOVERY_MS;
  for (const { url, name } of deployment.running.hosts)
    while (!(await isReady(url))) {
      if (performance.now() > end) throw new Error(`${site.name}: ${name} does not answer any more`);
      await pause(50);
    }
}
