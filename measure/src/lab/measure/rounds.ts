import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../../kit/statistics.js';
import type { Measurements } from '../results.js';
import { SHARES } from '../schedule.js';
import type { Target } from '../target.js';
import { type Measurement, REQUESTS_PER_ROUND } from './measurement.js';
import { type ByKind, cpuByKind, difference, memoryByKind } from './resource-usage.js';
import { measureAtRate, measureSaturation, type Round } from './round.js';
import { resumeTarget, type WarmUp, warmUpTarget } from './warm-up.js';

interface TargetRun {
  readonly target: Target;
  readonly warmUp: WarmUp;
  readonly found: {
    readonly resumed: number[];
    readonly saturation: Round[];
    readonly paced: Round[][];
    readonly memory: ByKind[];
    readonly idle: ByKind;
  };
}

/** Measures the targets in turn, round by round, so that a disturbance of the machine affects all of them. */
export async function measureRounds(
  targets: readonly Target[],
  measurement: Measurement,
): Promise<{ rates: number[]; measured: Record<string, Measurements> }> {
  const { schedule, generator, mix, connections, progress } = measurement;
  const idle = await measureIdle(targets, schedule.idle);
  const runs: TargetRun[] = [];
  for (const [index, target] of targets.entries()) {
    progress(`warming up ${target.name}`);
    const warmUp = await warmUpTarget(target, measurement);
    const paced = SHARES.map((): Round[] => []);
    runs.push({
      target,
      warmUp,
      found: { resumed: [], saturation: [], paced, memory: [], idle: idle[index]! },
    });
  }
  let rates: number[] = [];
  for (let round = 0; round < schedule.rounds; round += 1) {
    const requests = generator.generate(mix, REQUESTS_PER_ROUND, seededRandom(100 + round));
    // The order alternates, so that no position is an advantage.
    const order = round % 2 === 0 ? runs : runs.toReversed();
    const report = (step: string, { target: { name } }: TargetRun) =>
      progress(`round ${round + 1} of ${schedule.rounds}, ${step}: ${name}`);
    for (const run of order) {
      const { target, warmUp, found } = run;
      report('throughput', run);
      found.resumed.push(await resumeTarget(target, measurement, 200 + round));
      const amount = warmUp.perSecond * schedule.saturation;
      found.saturation.push(await measureSaturation(target, requests, { connections, amount }));
    }
    // All targets get the same rates, which the slowest can answer. They are rounded, so that other runs have the same.
    if (round === 0) {
      const smallest = Math.min(...runs.map(({ found }) => found.saturation[0]!.perSecond));
      rates = SHARES.map((share) => Number((share * smallest).toPrecision(2)));
    }
    for (const run of order) {
      const { target, found } = run;
      report(`${rates.join(', ')} requests a second`, run);
      found.resumed.push(await resumeTarget(target, measurement, 300 + round));
      for (const [step, perSecond] of rates.entries()) {
        const random = seededRandom(1000 * (step + 1) + round);
        const load = { perSecond, seconds: schedule.paced, random };
        found.paced[step]!.push(await measureAtRate(target, requests, load));
      }
    }
    for (const { target, found } of runs) found.memory.push(memoryByKind(target));
  }
  return {
    rates,
    measured: Object.fromEntries(
      runs.map(({ target, warmUp, found }) => [target.name, { warmUp, ...found }]),
    ),
  };
}

/** Measures the CPU of all targets at the same time, without requests. */
async function measureIdle(targets: readonly Target[], seconds: number): Promise<ByKind[]> {
  const before = targets.map(cpuByKind);
  await pause(seconds * 1000);
  return targets.map((target, index) => difference(before[index]!, cpuByKind(target), seconds));
}
