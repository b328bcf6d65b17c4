import { figureOf, sum } from '../../kit/statistics.js';
import type { HostFaultImpact, Results } from '../results.js';
import { DELAYS } from '../schedule.js';
import type { Point } from './break-even.js';
import {
  CPU,
  isSignificant,
  LOW_P50,
  MEMORY,
  P50,
  type Summary,
  summariesOf,
  THROUGHPUT,
} from './summary.js';

/** A split beside the baseline: the input of the verdict. */
export type Comparison = ReturnType<typeof compareTopologies>;

/** A figure of both, and the split's as a factor of the baseline's. */
export interface Ratio {
  readonly baseline: number;
  readonly split: number;
  readonly factor: number;
  readonly isSignificant: boolean;
}

/** Compares one of the splits with the baseline, the first topology. */
export function compareTopologies(results: Results, split: string) {
  const baseline = results.topologies[0]!.name;
  const summaries = summariesOf(results);
  const ratio = (key: string) => ratioOf(summaries[baseline]!, summaries[split]!, key);
  const faults = [results.faults[baseline], results.faults[split]] as const;
  const deploys = [results.deploys[baseline], results.deploys[split]] as const;
  return {
    baseline,
    split,
    cpu: ratio(CPU),
    p50: ratio(P50),
    memory: ratio(MEMORY),
    throughput: ratio(THROUGHPUT),
    /** The baseline's p50 at the rate of `network`. */
    lowP50: summaries[baseline]![LOW_P50]!.median,
    /** The split's p50 at the lowest rate by the round trip between hosts; empty when that was not measured. */
    network: networkPoints(results, split),
    /** The share of the requests that fail during a fault, on average over hosts and faults. */
    failed: faults[0] && faults[1] && { baseline: failedShare(faults[0]), split: failedShare(faults[1]) },
    doubled: doubledParts(results, baseline, split),
    deploy: deploys[0] && deploys[1] && { baseline: deploys[0], split: deploys[1] },
    budget: results.environment.budget,
  };
}

function ratioOf(baseline: Summary, split: Summary, key: string): Ratio {
  const [one, other] = [baseline[key]!, split[key]!];
  return {
    baseline: one.median,
    split: other.median,
    factor: other.median / one.median,
    isSignificant: isSignificant(one, other),
  };
}

/** Returns the p50 of a topology for each delay of the network. */
export function networkPoints({ network }: Pick<Results, 'network'>, name: string): Point[] {
  const delays = network[name]?.delays ?? [];
  return DELAYS.flatMap((milliseconds) => {
    const found = delays.find((delay) => delay.milliseconds === milliseconds);
    return found ? [[milliseconds, figureOf(found.rounds.map(({ p50 }) => p50)).median] as const] : [];
  });
}

/** Returns the mean share of failed requests; each fault counts the same, however many requests it affects. */
export function failedShare(impacts: readonly HostFaultImpact[]): number {
  const shares = impacts.map(({ failed, requests }) => sum(Object.values(failed)) / requests);
  return sum(shares) / Math.max(1, shares.length);
}

/** Returns the workloads whose host was doubled in both: the memory of that, and its gain in work a second. */
function doubledParts({ scaling }: Results, baseline: string, split: string) {
  return (scaling[baseline] ?? []).flatMap((one) => {
    const other = scaling[split]?.find(({ module }) => module === one.module);
    const doubling = ({ memoryMiB, before, after }: typeof one) => ({
      memoryMiB,
      gain: figureOf(after).median / figureOf(before).median,
    });
    return other ? [{ module: one.module, baseline: doubling(one), split: doubling(other) }] : [];
  });
}
