import { setTimeout as pause } from 'node:timers/promises';
import { isReady } from '@tearline/process';
import { type Answer, isFine, openLoop } from '../../bench/open-loop.js';
import { quantiles } from '../../bench/quantiles.js';
import { arrivals } from '../../bench/split/pace.js';
import { FAULT_SECONDS } from '../deployment/block-seconds.js';
import { evenly, type Mix, type NamedShot, type Requests } from '../load/mix.js';
import type { Blast, Impact } from '../results.js';
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
      const { pid } = deployment.running.hosts.find((process) => process.host === host.name)!;
      const lasting = fault === 'kill' ? 0 : FAULT_SECONDS;
      const impact = await impactOn(subject, options, { lasting, commit: () => commit(fault, pid) });
      found.push({ host: host.name, fault, ...impact });
    }
  return found;
}

/** Something that goes wrong, and right again. */
export interface Accident {
  /** Seconds. */
  readonly lasting: number;
  /** Resolves when it is over. */
  readonly commit: () => Promise<void>;
}

/** Lets it happen while all endpoints are asked alike. Resolves when every host answers again. */
export async function impactOn(
  subject: Subject,
  { schedule: { blast: times }, requests, mix, perSecond }: BlastOptions,
  { lasting, commit: happen }: Accident,
): Promise<Impact> {
  const { url } = subject.deployment.running;
  const random = randomFrom(7);
  const seconds = times.before + lasting + times.after;
  const shots = requests.take(evenly(mix), Math.ceil(perSecond * seconds * 1.5), random);
  const schedule = [...arrivals(shots, perSecond, seconds, random)];
  const faulty = pause(times.before * 1000).then(happen);
  const answers = await openLoop(url, schedule, { patience: PATIENCE_MS });
  await faulty;
  await recovered(subject);
  await subject.deployment.refresh();
  return impactOf(answers, times.before);
}

/** What failed from the fault on. @param at seconds from the start */
export function impactOf(answers: readonly Answer<NamedShot>[], at: number): Impact {
  const since = answers.filter((answer) => answer.at >= at * 1000);
  const failed = since.filter((answer) => !isFine(answer));
  return {
    requests: since.length,
    asked: countOf(since),
    failed: countOf(failed),
    seconds: failed.length === 0 ? 0 : Math.max(...failed.map((answer) => answer.at)) / 1000 - at,
    p99: quantiles(
      since.map(({ milliseconds }) => milliseconds),
      [0.99],
    )[0]!,
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
    await pause(FAULT_SECONDS * 1000);
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
