import { percent } from '../../kit/report/markdown.js';
import { type Figure, figureOf, sum } from '../../kit/statistics.js';
import { type Kind, KIND_NAMES, KINDS, sumOf } from '../measure/resource-usage.js';
import type { Round } from '../measure/round.js';
import type { Measurements, Results } from '../results.js';
import { SHARES } from '../schedule.js';
import { REPEATED } from '../target.js';

/** A figure for the comparison of topologies. */
export interface Metric {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
  readonly of: (measured: Measurements) => readonly number[];
}

/** The index of the rate whose figures represent a topology. */
export const MAIN_RATE = 1;

/** @param rate the index of the rate */
const paced =
  (of: (round: Round) => number, rate = MAIN_RATE) =>
  (measured: Measurements) =>
    measured.paced[rate]!.map(of);

const latencies: Metric[] = SHARES.flatMap((share, index) =>
  (['p50', 'p95', 'p99'] as const).map((key) => {
    const label = `${key} at ${Math.round(share * 100)} %`;
    return { key: `${key}@${share}`, label, unit: 'ms', digits: 2, of: paced((round) => round[key], index) };
  }),
);

export const THROUGHPUT = 'throughput';
export const CPU = 'cpu';
export const MEMORY = 'memory';
export const P50 = `p50@${SHARES[MAIN_RATE]}`;
/** At the lowest rate, where queues are short: the network is measured there. */
export const LOW_P50 = `p50@${SHARES[0]}`;

const saturation = (measured: Measurements) => measured.saturation.map(({ perSecond }) => perSecond);
const ownMemory = ({ memory }: Measurements) => memory.map(({ hosts, nginx }) => hosts + nginx);
const allMemory = ({ memory }: Measurements) => memory.map(sumOf);
const idle = (measured: Measurements) => [sumOf(measured.idle)];
const cpuOf = (kind: Kind) => paced(({ cpu }) => cpu[kind]);
const allCpu = paced(({ cpu }) => sumOf(cpu));
const local = paced((round) => round.local);
const remote = paced((round) => round.remote);
const hops = paced((round) => 2 + round.remote);

/** All figures of the rounds. */
export const METRICS: readonly Metric[] = [
  { key: THROUGHPUT, label: 'throughput at saturation', unit: 'requests/s', digits: 0, of: saturation },
  ...latencies,
  { key: CPU, label: 'CPU a request, all processes', unit: 'ms', digits: 2, of: allCpu },
  ...KINDS.map((kind) => {
    const label = `CPU a request, ${KIND_NAMES[kind]}`;
    return { key: `cpu:${kind}`, label, unit: 'ms', digits: 2, of: cpuOf(kind) };
  }),
  { key: MEMORY, label: 'memory, hosts and nginx', unit: 'MiB', digits: 0, of: ownMemory },
  { key: 'memory:all', label: 'memory, PostgreSQL and Redis too', unit: 'MiB', digits: 0, of: allMemory },
  { key: 'idle', label: 'CPU without requests', unit: 'ms/s', digits: 1, of: idle },
  { key: 'local', label: 'calls a request within a process', unit: '', digits: 2, of: local },
  { key: 'remote', label: 'calls a request between hosts', unit: '', digits: 2, of: remote },
  { key: 'hops', label: 'hops a request: to nginx, to a host, to others', unit: '', digits: 2, of: hops },
];

/** A figure with its uncertainty. */
export interface Estimate extends Figure {
  /** By how much another run on this machine may differ: half the range of the rounds, or the noise if that is more. */
  readonly spread: number;
}

/** @param noise as a share */
export function estimateOf(rounds: readonly number[], noise: number): Estimate {
  const figure = figureOf(rounds);
  return { ...figure, spread: Math.max((figure.high - figure.low) / 2, noise * figure.median) };
}

/** The figures of one topology, by metric. */
export type Summary = Readonly<Record<string, Estimate>>;

/** The difference of two measurements of the same topology by metric, as a share of the larger one. */
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

/** Returns the figures by topology. */
export function summariesOf(results: Pick<Results, 'measured' | 'topologies'>): Record<string, Summary> {
  const noise = noiseOf(results);
  return Object.fromEntries(
    results.topologies.map(({ name }) => [
      name,
      Object.fromEntries(
        METRICS.map(({ key, of }) => [key, estimateOf(of(results.measured[name]!), noise[key]!)]),
      ),
    ]),
  );
}

/** Returns whether two figures differ by more than their uncertainty. */
export const isSignificant = (one: Estimate, other: Estimate) =>
  Math.abs(one.median - other.median) > Math.max(one.spread, other.spread);

/**
 * Returns the failures of requests while nothing was wrong on purpose; none in a valid run. A topology that fails requests by itself
 * has a fault that the other figures do not show, or ran other code than the rest.
 */
export function quietFailures({ measured, network }: Pick<Results, 'measured' | 'network'>): string[] {
  const loads = [
    ...Object.entries(measured).map(([name, { saturation, paced }]) => ({
      name,
      rounds: [...saturation, ...paced.flat()],
    })),
    ...Object.entries(network).map(([name, { delays }]) => ({
      name: `${name}, with a slower network`,
      rounds: delays.flatMap(({ rounds }) => rounds),
    })),
  ];
  return loads.flatMap(({ name, rounds }) => {
    const [failed, requests] = [
      sum(rounds.map(({ errors }) => errors)),
      sum(rounds.map((round) => round.requests)),
    ];
    return failed === 0 ? [] : [`${name}: ${failed} of ${requests} requests failed`];
  });
}

/** The largest noise at which a metric can be compared. */
const MAX_NOISE: Readonly<Record<string, number>> = { [THROUGHPUT]: 0.1, [CPU]: 0.1, [P50]: 0.25 };
const MAX_OTHER_CORES = 0.3;

/** Returns the reasons not to trust the figures; none when the machine was quiet enough. */
export function noiseWarnings(results: Pick<Results, 'measured' | 'topologies' | 'environment'>): string[] {
  const noise = noiseOf(results);
  const { otherCores } = results.environment;
  const name = results.topologies[0]!.name;
  return [
    ...METRICS.filter(({ key }) => noise[key]! > (MAX_NOISE[key] ?? Number.POSITIVE_INFINITY)).map(
      ({ key, label }) =>
        `${label}: two measurements of ${name} in this run differ by ${percent(noise[key]!)}, more than ${percent(MAX_NOISE[key]!)}`,
    ),
    ...(otherCores > MAX_OTHER_CORES
      ? [`other processes used ${otherCores.toFixed(1)} cores, more than ${MAX_OTHER_CORES}`]
      : []),
  ];
}
