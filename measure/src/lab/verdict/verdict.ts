import { copiesUntilSmaller, rateOfOneCore, roundTripWithin } from './break-even.js';
import type { Comparison, Ratio } from './comparison.js';
import { percent } from './summary.js';

export type Decision = 'do not split' | 'split only for what it buys' | 'split';

/** A reason, with the figures it rests on. */
export interface Reason {
  readonly subject: string;
  readonly figures: string;
}

/** What a split buys and costs on this machine. */
export interface Verdict {
  readonly split: string;
  readonly decision: Decision;
  /** One sentence. */
  readonly text: string;
  readonly gains: readonly Reason[];
  readonly costs: readonly (Reason & { readonly isHeavy: boolean })[];
  readonly breakEvens: readonly Reason[];
}

/** What counts, as the guide explains it. */
export const RULES = {
  /** Times the whole's figure from which on a cost is named, and from which on it is heavy. */
  cost: 1.1,
  heavy: 2,
  /** Of the requests that fail with the whole, how many may fail with the split for that to be a gain. */
  blast: 0.6,
  /** Of the memory that doubling the whole takes. */
  memory: 0.6,
  /** Of the speed that doubling the whole gains, so that it is the same gain. */
  sameGain: 0.85,
  /** Of the seconds that the whole takes to roll out. */
  rollout: 0.6,
  /** Times the whole's p50 that an answer may take, where no budget says otherwise. */
  answer: 2,
} as const;

/**
 * Weighs one against the other. A split that buys nothing is not worth any cost; one that buys something is worth the usual
 * cost, and as many heavy ones as things it buys.
 */
export function verdictOf(evidence: Comparison): Verdict {
  const buys = gainsOf(evidence);
  const costs = costsOf(evidence);
  const heavy = costs.filter(({ isHeavy }) => isHeavy);
  const isOverBudget =
    evidence.budget !== undefined &&
    evidence.p50.split > evidence.budget &&
    evidence.p50.whole <= evidence.budget;
  const decision: Decision =
    buys.length === 0 || heavy.length > buys.length || isOverBudget
      ? 'do not split'
      : costs.length === 0
        ? 'split'
        : 'split only for what it buys';
  const named = (reasons: readonly Reason[]) =>
    reasons.map(({ subject: what }) => what).join(', ') || 'nothing';
  const over = isOverBudget
    ? ` It is over the budget of ${evidence.budget} ms, which ${evidence.whole} keeps.`
    : '';
  return {
    split: evidence.split,
    decision,
    text:
      `${evidence.split}: ${decision}. It buys ${named(buys)}; it costs ${named(costs)}` +
      `${heavy.length > 0 ? ` (heavily: ${named(heavy)})` : ''}.${over}`,
    gains: buys,
    costs,
    breakEvens: breakEvensOf(evidence),
  };
}

function gainsOf({ lost, doubled, deploy, throughput, cpu, p50 }: Comparison): Reason[] {
  const gains: Reason[] = [];
  if (lost && lost.whole > 0 && lost.split <= RULES.blast * lost.whole)
    gains.push({
      subject: 'smaller failures',
      figures: `while one host fails, ${percent(lost.split)} of the requests fail instead of ${percent(lost.whole)}`,
    });
  for (const { hot, whole, part, wholeGain, partGain } of doubled)
    if (part <= RULES.memory * whole && partGain > 1 && partGain >= RULES.sameGain * wholeGain)
      gains.push({
        subject: `scaling ${hot} alone`,
        figures: `× ${partGain.toFixed(2)} for ${part.toFixed(0)} MiB instead of × ${wholeGain.toFixed(2)} for ${whole.toFixed(0)} MiB`,
      });
  if (deploy && deploy.split.rolled <= RULES.rollout * deploy.whole.rolled)
    gains.push({
      subject: 'faster roll-out',
      figures: `${deploy.split.rolled.toFixed(1)} s instead of ${deploy.whole.rolled.toFixed(1)} s, after ${deploy.built.toFixed(1)} s of building in both`,
    });
  const better: [string, Ratio, boolean][] = [
    ['throughput', throughput, throughput.times >= RULES.cost],
    ['CPU', cpu, cpu.times <= 1 / RULES.cost],
    ['shorter answers', p50, p50.times <= 1 / RULES.cost],
  ];
  for (const [what, ratio, isBetter] of better)
    if (ratio.isSignificant && isBetter)
      gains.push({ subject: what, figures: `× ${ratio.times.toFixed(2)}` });
  return gains;
}

function costsOf(evidence: Comparison): Verdict['costs'] {
  const { cpu, p50, memory, throughput, network, lowP50, budget } = evidence;
  const figures: [string, Ratio, number, (value: number) => string][] = [
    ['CPU', cpu, cpu.times, (value) => `${value.toFixed(2)} ms a request`],
    ['latency', p50, p50.times, (value) => `p50 of ${value.toFixed(2)} ms`],
    ['memory', memory, memory.times, (value) => `${value.toFixed(0)} MiB`],
    ['throughput', throughput, 1 / throughput.times, (value) => `${value.toFixed(0)} requests/s`],
  ];
  const costs = figures
    .filter(([, { isSignificant: isReal }, times]) => isReal && times >= RULES.cost)
    .map(([what, { whole, split }, times, text]) => ({
      what,
      figures: `${text(split)} instead of ${text(whole)}`,
      isHeavy: times >= RULES.heavy,
    }));
  const last = network.at(-1);
  // The network's part alone: what it costs without one is named above.
  if (last && last[1] - network[0]![1] >= (RULES.answer - 1) * lowP50)
    costs.push({
      what: `a network of ${last[0]} ms`,
      figures: `p50 of ${last[1].toFixed(2)} ms there, ${network[0]![1].toFixed(2)} ms without it`,
      isHeavy: budget !== undefined && last[1] > budget,
    });
  return costs;
}

const lessOrMore = (seconds: number) => `${Math.abs(seconds).toFixed(1)} s ${seconds < 0 ? 'more' : 'less'}`;

function breakEvensOf(evidence: Comparison): Reason[] {
  const { cpu, memory, lowP50, network, doubled, deploy, budget } = evidence;
  const rate = cpu.isSignificant ? rateOfOneCore(cpu.split - cpu.whole) : undefined;
  const limit = budget ?? RULES.answer * lowP50;
  const roundTrip = network.length > 1 ? roundTripWithin(limit, network) : undefined;
  const why = budget === undefined ? `twice ${evidence.whole}’s p50 at the lowest rate` : 'the budget';
  return [
    {
      subject: 'load',
      figures:
        rate === undefined
          ? 'no more CPU was seen than another run may differ by'
          : `every ${rate.toFixed(0)} requests/s the split takes one core more`,
    },
    ...(network.length > 1
      ? [
          {
            what: 'network',
            figures:
              roundTrip === undefined
                ? 'the network makes no difference that was seen'
                : roundTrip === 0
                  ? `half of the answers take longer than ${limit.toFixed(1)} ms (${why}) without any network`
                  : `up to ${roundTrip.toFixed(1)} ms of round trip half of the answers stay within ${limit.toFixed(1)} ms (${why})`,
          },
        ]
      : []),
    ...doubled.map(({ hot, whole, part }) => {
      const copies = copiesUntilSmaller(memory.split - memory.whole, whole, part);
      return {
        what: `memory, scaling ${hot}`,
        figures:
          copies === undefined
            ? `one more process takes no less than one of ${evidence.whole}, so it never pays`
            : `from ${copies} more processes on, the split needs less memory`,
      };
    }),
    ...(deploy
      ? [
          {
            what: 'deploy',
            figures:
              `building takes ${deploy.built.toFixed(1)} s in both; rolling out ${lessOrMore(deploy.whole.rolled - deploy.split.rolled)}, ` +
              `${deploy.split.processes} processes instead of ${deploy.whole.processes}`,
          },
        ]
      : []),
  ];
}
