import { type Blast, type Results } from '../results.js';
import { DELAYS } from '../schedule.js';
import { figureOf } from '../stats/figure.js';
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

/** A part that was doubled, in the whole and in the split. */
export interface DoubledPart {
  readonly hot: string;
  /** MiB that came with it. */
  readonly whole: number;
  readonly part: number;
  /** How many times as fast the work was done afterwards. */
  readonly wholeGain: number;
  readonly partGain: number;
}

/** What a verdict is made of: a split next to the whole. */
export interface Evidence {
  readonly whole: string;
  readonly split: string;
  /** How many times the whole's figures those of the split are, and whether that is more than another run may differ by. */
  readonly cpu: Ratio;
  readonly p50: Ratio;
  readonly memory: Ratio;
  readonly throughput: Ratio;
  /** The whole's p50 at the rate of `network`. */
  readonly lowP50: number;
  /** The split's p50 at the lowest rate, by the round trip between hosts; none when that was not measured. */
  readonly network: readonly Point[];
  /** Share of the requests that fail while one host does, on average over hosts and faults. */
  readonly lost: { readonly whole: number; readonly split: number } | undefined;
  readonly doubled: readonly DoubledPart[];
  readonly deploy:
    | {
        readonly built: number;
        readonly whole: { readonly rolled: number; readonly failed: number; readonly processes: number };
        readonly split: { readonly rolled: number; readonly failed: number; readonly processes: number };
      }
    | undefined;
  readonly budget: number | undefined;
}

export interface Ratio {
  readonly whole: number;
  readonly split: number;
  readonly times: number;
  readonly isReal: boolean;
}

/** What the results say about one of the splits. */
export function evidenceOf(results: Results, split: string): Evidence {
  const whole = results.topologies[0]!.name;
  const summaries = summariesOf(results);
  const ratio = (key: string) => ratioOf(summaries[whole]!, summaries[split]!, key);
  const [blastOfWhole, blastOfSplit] = [results.blasts[whole], results.blasts[split]];
  const [deployOfWhole, deployOfSplit] = [results.deployed[whole], results.deployed[split]];
  return {
    whole,
    split,
    cpu: ratio(CPU),
    p50: ratio(P50),
    memory: ratio(MEMORY),
    throughput: ratio(THROUGHPUT),
    lowP50: summaries[whole]![LOW_P50]!.median,
    network: pointsOf(results, split),
    lost: blastOfWhole && blastOfSplit && { whole: lostShare(blastOfWhole), split: lostShare(blastOfSplit) },
    doubled: doubledIn(results, whole, split),
    deploy: deployOfWhole &&
      deployOfSplit && {
        built: deployOfWhole.builtSeconds,
        whole: { ...deployOfWhole, rolled: deployOfWhole.rolledSeconds },
        split: { ...deployOfSplit, rolled: deployOfSplit.rolledSeconds },
      },
    budget: results.circumstances.budget,
  };
}

function ratioOf(whole: Summary, split: Summary, key: string): Ratio {
  const [one, other] = [whole[key]!, split[key]!];
  return {
    whole: one.median,
    split: other.median,
    times: other.median / one.median,
    isReal: isSignificant(one, other),
  };
}

/** Half of the requests stay within it, by the milliseconds that were added to the round trip. */
export function pointsOf({ swept }: Pick<Results, 'swept'>, name: string): Point[] {
  const delays = swept[name]?.delays ?? [];
  return DELAYS.flatMap((milliseconds) => {
    const found = delays.find((delay) => delay.milliseconds === milliseconds);
    return found ? [[milliseconds, figureOf(found.rounds.map(({ p50 }) => p50)).median] as const] : [];
  });
}

const total = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Each fault counts the same, however many requests met it. */
export function lostShare(blasts: readonly Blast[]): number {
  const shares = blasts.map(({ failed, requests }) => total(failed) / requests);
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
}

function doubledIn({ scaled }: Results, whole: string, split: string): DoubledPart[] {
  return (scaled[whole] ?? []).flatMap((one) => {
    const other = scaled[split]?.find(({ hot }) => hot === one.hot);
    if (!other) return [];
    return [
      {
        hot: one.hot,
        whole: one.memoryMiB,
        part: other.memoryMiB,
        wholeGain: figureOf(one.after).median / figureOf(one.before).median,
        partGain: figureOf(other.after).median / figureOf(other.before).median,
      },
    ];
  });
}
