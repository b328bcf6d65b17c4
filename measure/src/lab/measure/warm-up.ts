import { closedLoop } from '../../kit/closed-loop.js';
import { seededRandom, sum } from '../../kit/statistics.js';
import type { Target } from '../target.js';
import type { Measurement } from './measurement.js';
import { cpuByKind } from './resource-usage.js';
import { untilIdle } from './round.js';

/** What loading a target before the first measurement showed. */
export interface WarmUp {
  /** Requests of each step. */
  readonly requests: number;
  /** CPU milliseconds a request, of the hosts, in each step. */
  readonly cpu: readonly number[];
  /** Requests a second in the last step. */
  readonly perSecond: number;
}

/** The CPU has stopped falling when two steps took more than this share of what the two before them took. */
const STEADY_SHARE = 0.95;

/**
 * Loads a target until its code is compiled and its caches are full, as in processes that have run for a long time: until the CPU of a
 * request falls no further, or for as many steps as the schedule allows.
 */
export async function warmUpTarget(target: Target, measurement: Measurement): Promise<WarmUp> {
  const { requests, maxSteps } = measurement.schedule.warmUp;
  const cpu: number[] = [];
  for (;;) {
    const step = await loadUnmeasured(target, measurement, requests, cpu.length);
    cpu.push(step.cpu);
    if (cpu.length >= maxSteps || isSteady(cpu)) return { requests, cpu, perSecond: step.perSecond };
  }
}

/**
 * Loads a target that had no requests while others were measured, until its caches hold again what they hold under load.
 * @param seed of the requests
 * @returns the CPU milliseconds a request that this took of the hosts
 */
export async function resumeTarget(target: Target, measurement: Measurement, seed: number): Promise<number> {
  return (await loadUnmeasured(target, measurement, measurement.schedule.resume, seed)).cpu;
}

async function loadUnmeasured(
  target: Target,
  { generator, mix, connections }: Measurement,
  amount: number,
  seed: number,
): Promise<{ cpu: number; perSecond: number }> {
  const requests = generator.generate(mix, amount, seededRandom(seed));
  const before = cpuByKind(target).hosts;
  const load = await closedLoop(target.running.url, requests, { connections, amount });
  await untilIdle(target);
  return { cpu: (cpuByKind(target).hosts - before) / load.requests, perSecond: load.perSecond };
}

/** Whether the last of these figures, one for each step, have stopped falling. */
export function isSteady(figures: readonly number[]): boolean {
  const last = sum(figures.slice(-2));
  const previous = sum(figures.slice(-4, -2));
  return figures.length >= 4 && last > STEADY_SHARE * previous;
}
