import { setTimeout as pause } from 'node:timers/promises';
import { closedLoop } from '../../kit/closed-loop.js';
import type { Mix, RequestGenerator } from '../load/request-mix.js';
import type { Measurements } from '../results.js';
import { type Schedule, SHARES } from '../schedule.js';
import { randomFrom } from '../stats/random.js';
import { type Round, measureAtRate, saturate, settle } from './round.js';
import type { Subject } from './subject.js';
import { type ByKind, cpuByKind, memoryByKind, difference } from './resource-usage.js';

/** As many different requests as a round goes through, more or less. */
export const REQUESTS_PER_ROUND = 4_000;

export interface RoundsOptions {
  readonly schedule: Schedule;
  readonly requests: RequestGenerator;
  readonly mix: Mix;
  readonly connections: number;
  readonly tell: (what: string) => void;
}

/** How many requests a second a subject gets through, once its code is compiled and its caches are full. */
export async function warmUp(
  { site, deployment }: Subject,
  { schedule, requests, mix, connections }: Omit<RoundsOptions, 'tell'>,
): Promise<number> {
  const shots = requests.generate(mix, REQUESTS_PER_ROUND, randomFrom(1));
  const { url } = deployment.running;
  let { perSecond } = await closedLoop(url, shots, connections, connections * 2);
  for (const part of [0.25, 0.25, 0.5])
    ({ perSecond } = await closedLoop(url, shots, connections, perSecond * schedule.warmUp * part));
  await settle({ site, deployment });
  return perSecond;
}

/** Measures all of them in turn, round for round, so that what disturbs the machine disturbs each. */
export async function measureRounds(
  subjects: readonly Subject[],
  options: RoundsOptions,
): Promise<{ rates: number[]; measured: Record<string, Measurements> }> {
  const { schedule, requests, mix, connections, tell } = options;
  const idle = await idleOf(subjects, schedule.idle);
  const bears = new Map<Subject, number>();
  for (const subject of subjects) {
    tell(`warming up ${subject.site.name}`);
    bears.set(subject, await warmUp(subject, options));
  }
  const saturation = subjects.map((): Round[] => []);
  const paced = subjects.map(() => SHARES.map((): Round[] => []));
  const memory = subjects.map((): ByKind[] => []);
  const inTurn = async (
    round: number,
    what: string,
    work: (subject: Subject, index: number) => Promise<void>,
  ) => {
    // The first in one round is the last in the next, so that no place is an advantage.
    const order = [...subjects.entries()];
    for (const [index, subject] of round % 2 === 0 ? order : order.toReversed()) {
      tell(`round ${round + 1} of ${schedule.rounds}, ${what}: ${subject.site.name}`);
      await work(subject, index);
    }
  };
  let rates: number[] = [];
  for (let round = 0; round < schedule.rounds; round += 1) {
    const shots = requests.generate(mix, REQUESTS_PER_ROUND, randomFrom(100 + round));
    await inTurn(round, 'throughput', async (subject, index) => {
      const amount = bears.get(subject)! * schedule.saturation;
      saturation[index]!.push(await saturate(subject, shots, { connections, amount }));
    });
    // All are compared under the same rates, which the weakest still bears; rounded, so that other runs have the same.
    if (round === 0) {
      const least = Math.min(...saturation.map(([first]) => first!.perSecond));
      rates = SHARES.map((part) => Number((part * least).toPrecision(2)));
    }
    for (const [step, perSecond] of rates.entries())
      await inTurn(round, `${Math.round(SHARES[step]! * 100)} %`, async (subject, index) => {
        const random = randomFrom(1000 * (step + 1) + round);
        paced[index]![step]!.push(
          await measureAtRate(subject, shots, { perSecond, seconds: schedule.paced, random }),
        );
      });
    for (const [index, { site, deployment }] of subjects.entries())
      memory[index]!.push(memoryByKind(site, deployment));
  }
  const measured = subjects.map(({ site }, index): [string, Measurements] => [
    site.name,
    { saturation: saturation[index]!, paced: paced[index]!, memory: memory[index]!, idle: idle[index]! },
  ]);
  return { rates, measured: Object.fromEntries(measured) };
}

/** What all of them do while nobody asks, at the same time. */
async function idleOf(subjects: readonly Subject[], seconds: number): Promise<ByKind[]> {
  const before = subjects.map(({ site, deployment }) => cpuByKind(site, deployment));
  await pause(seconds * 1000);
  return subjects.map(({ site, deployment }, index) =>
    difference(before[index]!, cpuByKind(site, deployment), seconds),
  );
}
