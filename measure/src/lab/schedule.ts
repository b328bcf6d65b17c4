import { FAULT_SECONDS } from './deployment/block-seconds.js';

/** How long each measurement takes, in seconds, and how often it is done. */
export interface Schedule {
  readonly warmUp: number;
  readonly rounds: number;
  readonly saturation: number;
  /** Of each rate. */
  readonly paced: number;
  readonly idle: number;
  readonly sweep: { readonly rounds: number; readonly seconds: number };
  readonly blast: { readonly before: number; readonly after: number; readonly faults: readonly Fault[] };
  readonly scaling: { readonly rounds: number; readonly seconds: number };
}

/** What is done to a process: it dies, it hangs, or its event loop turns no more. */
export const FAULTS = ['kill', 'hang', 'block'] as const;
export type Fault = (typeof FAULTS)[number];
/** What is done to a server: it is stopped and started again, or nobody reaches it for a while. */
export type ServerFault = 'restart' | 'cut';

/** The rates, as shares of the smallest throughput at saturation. */
export const SHARES = [0.3, 0.6, 0.9] as const;
/** Milliseconds added to the round trip of a call between hosts. */
export const DELAYS = [0, 0.5, 2] as const;

export const FULL: Schedule = {
  warmUp: 8,
  rounds: 5,
  saturation: 6,
  paced: 8,
  idle: 10,
  sweep: { rounds: 5, seconds: 8 },
  blast: { before: 2, after: 6, faults: FAULTS },
  scaling: { rounds: 3, seconds: 6 },
};

export const QUICK: Schedule = {
  warmUp: 1.5,
  rounds: 2,
  saturation: 1,
  paced: 1,
  idle: 1,
  sweep: { rounds: 1, seconds: 1 },
  blast: { before: 0.5, after: 3, faults: ['kill'] },
  scaling: { rounds: 1, seconds: 1 },
};

/** The same measurements, each as many times as long. */
export function scaled(schedule: Schedule, times: number): Schedule {
  const { warmUp, saturation, paced, idle, sweep, blast, scaling } = schedule;
  return {
    ...schedule,
    warmUp: warmUp * times,
    saturation: saturation * times,
    paced: paced * times,
    idle: idle * times,
    sweep: { ...sweep, seconds: sweep.seconds * times },
    // A process needs its time to start again, however short the rest is.
    blast,
    scaling: { ...scaling, seconds: scaling.seconds * times },
  };
}

/** What starting takes, as far as one can say. */
const STARTUP_SECONDS = { ground: 8, site: 1.5, process: 1, settle: 0.5 };

/** Of each stage about how many seconds it will take. */
export function expectedSeconds(
  { warmUp, rounds, saturation, paced, idle, sweep, blast, scaling }: Schedule,
  hosts: readonly number[],
): Record<Stage, number> {
  const sites = hosts.length + 1;
  const processes = hosts.reduce((sum, count) => sum + count, hosts[0] ?? 0);
  const start = processes * STARTUP_SECONDS.process;
  const split = hosts.filter((count) => count > 1);
  const deployed = (count: number) => count * STARTUP_SECONDS.process;
  return {
    prepare: STARTUP_SECONDS.ground + sites * STARTUP_SECONDS.site + start,
    rounds:
      idle +
      sites *
        (warmUp +
          rounds * (saturation + SHARES.length * paced + (1 + SHARES.length) * STARTUP_SECONDS.settle)),
    sweep: split.reduce(
      (sum, count) =>
        sum +
        deployed(count) +
        warmUp +
        sweep.rounds * DELAYS.length * (sweep.seconds + STARTUP_SECONDS.settle),
      0,
    ),
    blast: hosts.reduce(
      (sum, count) =>
        sum +
        count *
          (blast.faults.length * (blast.before + blast.after) + (blast.faults.length - 1) * FAULT_SECONDS),
      0,
    ),
    scaling: hosts.reduce(
      (sum) =>
        sum +
        deployed(2) +
        2 * STARTUP_SECONDS.settle +
        4 * scaling.rounds * (scaling.seconds + STARTUP_SECONDS.settle),
      0,
    ),
    deploy: 15 + hosts.reduce((sum, count) => sum + 2 * deployed(count) + 5, 0),
  };
}

export const STAGES = ['prepare', 'rounds', 'blast', 'scaling', 'sweep', 'deploy'] as const;
export type Stage = (typeof STAGES)[number];
