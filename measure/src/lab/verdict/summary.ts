import type { Round } from '../measure/round.js';
import { KINDS, sumOf } from '../measure/resource-usage.js';
import { REPEATED, type Measurements, type Results } from '../results.js';
import { SHARES } from '../schedule.js';
import { type Figure, figureOf } from '../stats/figure.js';

/** A figure that topologies are compared by. */
export interface Metric {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
  readonly of: (measured: Measurements) => readonly number[];
}

/** Of the rates, the one whose figures stand for a topology. */
export const MAIN_RATE = 1;

const paced = (share: number, of: (round: Round) => number) => (measured: Measurements) =>
  measured.paced[share]!.map(of);

const latencies: Metric[] = SHARES.flatMap((share, index) =>
  (['p50', 'p95', 'p99'] as const).map((key) => ({
    key: `${key}@${share}`,
    label: `${key} at ${Math.round(share * 100)} %`,
    unit: 'ms',
    digits: 2,
    of: paced(index, (round) => round[key]),
  })),
);

export const THROUGHPUT = 'throughput';
export const CPU = 'cpu';
export const MEMORY = 'memory';
export const P50 = `p50@${SHARES[MAIN_RATE]}`;
/** At the lowest rate, where next to nothing waits in a queue: the network is slowed down there. */
export const LOW_P50 = `p50@${SHARES[0]}`;
export const P99 = `p99@${SHARES[MAIN_RATE]}`;

/** Everything that the rounds measure. */
export const METRICS: readonly Metric[] = [
  {
    key: THROUGHPUT,
    label: 'throughput at saturation',
    unit: 'requests/s',
    digits: 0,
    of: ({ saturation }) => saturation.map(({ perSecond }) => perSecond),
  },
  ...latencies,
  {
    key: CPU,
    label: 'CPU a request, all processes',
    unit: 'ms',
    digits: 2,
    of: paced(MAIN_RATE, ({ cpu }) => sumOf(cpu)),
  },
  ...KINDS.map((kind) => ({
    key: `cpu:${kind}`,
    label: `CPU a request, ${kind === 'postgres' ? 'PostgreSQL' : kind === 'redis' ? 'Redis' : kind}`,
    unit: 'ms',
    digits: 2,
    of: paced(MAIN_RATE, ({ cpu }) => cpu[kind]),
  })),
  {
    key: MEMORY,
    label: 'memory, hosts and nginx',
    unit: 'MiB',
    digits: 0,
    of: ({ memory }) => memory.map(({ hosts, nginx }) => hosts + nginx),
  },
  {
    key: 'memory:all',
    label: 'memory, PostgreSQL and Redis too',
    unit: 'MiB',
    digits: 0,
    of: ({ memory }) => memory.map(sumOf),
  },
  {
    key: 'idle',
    label: 'CPU while nobody asks',
    unit: 'ms/s',
    digits: 1,
    of: ({ idle }) => [sumOf(idle)],
  },
  {
    key: 'local',
    label: 'calls a request within a process',
    unit: '',
    digits: 2,
    of: paced(MAIN_RATE, ({ local }) => local),
  },
  {
    key: 'remote',
    label: 'calls a request between hosts',
    unit: '',
    digits: 2,
    of: paced(MAIN_RATE, ({ remote }) => remote),
  },
  {
    key: 'hops',
    label: 'hops a request: to nginx, to a host, to others',
    unit: '',
    digits: 2,
    of: paced(MAIN_RATE, ({ remote }) => 2 + remote),
  },
];

/** A figure and how far it may be trusted. */
export interface Estimate extends Figure {
  /** What another run on this machine may differ by: half the range of the rounds, or the noise if that is more. */
  readonly spread: number;
}

/** By metric the figures of one topology. */
export type Summary = Readonly<Record<string, Estimate>>;

/** By metric how far two measurements of the same topology lie apart, as a share of the first. */
export type Noise = Readonly<Record<string, number>>;

export function noiseOf({ measured, topologies }: Pick<Results, 'measured' | 'topologies'>): Noise {
  const [one, other] = [measured[topologies[0]!.name]!, measured[REPEATED]!];
  return Object.fromEntries(
    METRICS.map(({ key, of }) => {
      const [first, second] = [figureOf(of(one)).median, figureOf(of(other)).median];
      return [key, first === 0 && second === 0 ? 0 : Math.abs(first - second) / Math.max(first, second)];
    }),
  );
}

/** By topology its figures. */
export function summariesOf(results: Pick<Results, 'measured' | 'topologies'>): Record<string, Summary> {
  const noise = noiseOf(results);
  return Object.fromEntries(
    results.topologies.map(({ name }) => [
      name,
      Object.fromEntries(
        METRICS.map(({ key, of }) => {
          const figure = figureOf(of(results.measured[name]!));
          const spread = Math.max((figure.high - figure.low) / 2, noise[key]! * figure.median);
          return [key, { ...figure, spread }];
        }),
      ),
    ]),
  );
}

/** Whether two figures lie further apart than either may be off. */
export const isSignificant = (one: Estimate, other: Estimate) =>
  Math.abs(one.median - other.median) > Math.max(one.spread, other.spread);

/** Noise above which a machine is too noisy to compare by the metric. */
const MAX_NOISE: Readonly<Record<string, number>> = { [THROUGHPUT]: 0.1, [CPU]: 0.1, [P50]: 0.25 };
const MAX_OTHER_CORES = 0.3;

/** Why the figures should not be believed, a line for each reason; none when they may be. */
export function noiseWarnings(results: Pick<Results, 'measured' | 'topologies' | 'circumstances'>): string[] {
  const noise = noiseOf(results);
  const { otherCores: others } = results.environment;
  const name = results.topologies[0]!.name;
  return [
    ...METRICS.filter(({ key }) => noise[key]! > (MAX_NOISE[key] ?? Number.POSITIVE_INFINITY)).map(
      ({ key, label }) =>
        `${label}: two measurements of ${name} in this run lie ${percent(noise[key]!)} apart, more than ${percent(MAX_NOISE[key]!)}`,
    ),
    ...(others > MAX_OTHER_CORES
      ? [`other processes had ${others.toFixed(1)} cores in use, more than ${MAX_OTHER_CORES}`]
      : []),
  ];
}

export const percent = (part: number) => `${(part * 100).toFixed(0)} %`;
