/** The duration of each measurement in seconds, and the number of rounds. */
export interface Schedule {
  /** The load before the first measurement: the requests of a step, and the most steps. */
  readonly warmUp: { readonly requests: number; readonly maxSteps: number };
  /** Requests before a measurement that follows those of other topologies. */
  readonly resume: number;
  readonly rounds: number;
  readonly saturation: number;
  /** Of each rate. */
  readonly paced: number;
  readonly idle: number;
  readonly network: { readonly rounds: number; readonly seconds: number };
  /**
   * Requests go on until `after` seconds after the fault, and longer until every host is ready again. A quick run has the same
   * seconds: the share of failed requests depends on them.
   */
  readonly faults: { readonly before: number; readonly after: number; readonly kinds: readonly Fault[] };
  /** Restarts of each host. */
  readonly starts: number;
  readonly scaling: { readonly rounds: number; readonly seconds: number };
}

/** The faults of a process: killed, stopped by a signal, or with a blocked event loop. */
export const FAULTS = ['kill', 'hang', 'block'] as const;
export type Fault = (typeof FAULTS)[number];
/** The faults of a server: restarted, or disconnected from the network. */
export type ServerFault = 'restart' | 'cut';
/** The duration of a fault that ends by itself. */
export const FAULT_SECONDS = 4;

/** The rates, as shares of the smallest throughput at saturation. */
export const SHARES = [0.3, 0.6, 0.9] as const;
/** Milliseconds added to the round trip of a call between hosts. */
export const DELAYS = [0, 0.5, 2] as const;

export const FULL: Schedule = {
  warmUp: { requests: 2000, maxSteps: 10 },
  resume: 1000,
  rounds: 5,
  saturation: 6,
  paced: 8,
  idle: 10,
  network: { rounds: 5, seconds: 8 },
  faults: { before: 2, after: 6, kinds: FAULTS },
  starts: 5,
  scaling: { rounds: 3, seconds: 6 },
};

export const QUICK: Schedule = {
  warmUp: { requests: 300, maxSteps: 1 },
  resume: 100,
  rounds: 2,
  saturation: 1,
  paced: 1,
  idle: 1,
  network: { rounds: 1, seconds: 1 },
  faults: { before: 0.5, after: FULL.faults.after, kinds: ['kill'] },
  starts: 1,
  scaling: { rounds: 1, seconds: 1 },
};

/** Returns the schedule that the options ask for. */
export function scheduleOf(quick: boolean, times: number, compose: boolean): Schedule {
  const schedule = scaled(quick ? QUICK : FULL, times);
  if (!compose) return schedule;
  // The images contain no code that blocks an event loop.
  const kinds = schedule.faults.kinds.filter((fault) => fault !== 'block');
  return { ...schedule, faults: { ...schedule.faults, kinds } };
}

/** Returns the same measurements, each `times` as long. */
export function scaled(schedule: Schedule, times: number): Schedule {
  const { warmUp, resume, saturation, paced, idle, network, scaling } = schedule;
  return {
    // Faults stay as they are: a process needs its time to start again.
    ...schedule,
    warmUp: { ...warmUp, requests: Math.ceil(warmUp.requests * times) },
    resume: Math.ceil(resume * times),
    saturation: saturation * times,
    paced: paced * times,
    idle: idle * times,
    network: { ...network, seconds: network.seconds * times },
    scaling: { ...scaling, seconds: scaling.seconds * times },
  };
}

/** Estimates in seconds, without container images that exist already. */
const STARTUP_SECONDS = {
  template: 8,
  stack: 1.5,
  process: 1,
  /** A process that ends waits until nginx has closed its connections. */
  drain: 4,
  /** The work of a scaling measurement before its time counts. */
  firstWork: 2,
  settle: 0.5,
  build: 5,
  images: 60,
  containers: 40,
};

/** Warming up usually takes so many steps. */
const WARM_UP_STEPS = 6;
/** Requests a second that are usually answered. */
const THROUGHPUT = 230;

/** Estimates the seconds of each stage. @param hosts the number of hosts of each topology */
export function expectedSeconds(
  schedule: Schedule,
  hosts: readonly number[],
  { compose = false, without = [] }: { compose?: boolean; without?: readonly Stage[] } = {},
): Record<Stage, number> {
  const { warmUp, resume, rounds, saturation, paced, idle, network, faults, starts, scaling } = schedule;
  const { template, stack, process, drain, firstWork, settle, build, images, containers } = STARTUP_SECONDS;
  const stacks = hosts.length + 1;
  const warming = (Math.min(warmUp.maxSteps, WARM_UP_STEPS) * warmUp.requests) / THROUGHPUT;
  const total = (of: (count: number) => number, counts = hosts) =>
    counts.reduce((sum, count) => sum + of(count), 0);
  const faultSeconds =
    faults.kinds.length * (faults.before + faults.after) + (faults.kinds.length - 1) * FAULT_SECONDS;
  const serverFaultSeconds = compose ? 2 * (faults.before + faults.after) + FAULT_SECONDS : 0;
  const resuming = (2 * resume) / THROUGHPUT;
  const round = resuming + saturation + SHARES.length * paced + (3 + SHARES.length) * settle;
  const processes = total((count) => count, [...hosts, hosts[0] ?? 0]);
  const expected: Record<Stage, number> = {
    prepare: compose ? images + stacks * containers : template + stacks * stack + processes * process,
    rounds: idle + stacks * (warming + rounds * round),
    faults: total((count) => count * faultSeconds + serverFaultSeconds),
    starts: total((count) => count * starts * (drain + process)),
    scaling: total(
      () => 2 * process + 4 + 2 * settle + 4 * scaling.rounds * (firstWork + scaling.seconds + settle),
    ),
    network: total(
      (count) =>
        count * process + warming + network.rounds * DELAYS.length * (network.seconds + settle) + drain,
      hosts.filter((count) => count > 1),
    ),
    // Two processes of the edited module are replaced.
    deploy: build + total((count) => 2 * count * process + 2 * (drain + process) + drain),
  };
  for (const stage of without) expected[stage] = 0;
  return expected;
}

export const STAGES = ['prepare', 'rounds', 'faults', 'starts', 'scaling', 'network', 'deploy'] as const;
export type Stage = (typeof STAGES)[number];
/** Stages that `--without` can leave out. */
export const OPTIONAL_STAGES = STAGES.slice(2);
