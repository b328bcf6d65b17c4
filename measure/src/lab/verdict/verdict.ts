import { percent, ratio } from '../../kit/report/markdown.js';
import { copiesUntilSmaller, rateOfOneCore, roundTripWithin } from './break-even.js';
import type { Comparison, Ratio } from './comparison.js';

export type Decision = 'do not split' | 'split only for its gains' | 'split';

/** A gain, a cost or a break-even, with its figures. */
export interface Reason {
  readonly subject: string;
  readonly figures: string;
}

/** The gains and costs of a split on this machine. */
export interface Verdict {
  readonly split: string;
  readonly decision: Decision;
  /** A summary in a sentence. */
  readonly text: string;
  readonly gains: readonly Reason[];
  readonly costs: readonly (Reason & { readonly isHeavy: boolean })[];
  readonly breakEvens: readonly Reason[];
}

/** The thresholds, explained in docs/guide/lab.md. Each is a factor of the baseline's figure. */
const RULES = {
  /** The smallest cost, and the smallest heavy cost. */
  cost: 1.1,
  heavyCost: 2,
  /** The largest share of failed requests, memory and roll-out time that count as a gain. */
  failures: 0.6,
  memory: 0.6,
  rollout: 0.6,
  /** The smallest gain in speed of a doubled part that counts as the same gain. */
  sameGain: 0.85,
  /** The limit of the p50 without a budget. */
  latency: 2,
} as const;

/**
 * Decides. A split without gains is worth no cost; a split with gains is worth the usual costs, and as many heavy ones as
 * it has gains.
 */
export function verdictOf(comparison: Comparison): Verdict {
  const { baseline, split, p50, budget } = comparison;
  const gains = gainsOf(comparison);
  const costs = costsOf(comparison);
  const heavy = costs.filter(({ isHeavy }) => isHeavy);
  const isOverBudget = budget !== undefined && p50.split > budget && p50.baseline <= budget;
  let decision: Decision = costs.length === 0 ? 'split' : 'split only for its gains';
  if (gains.length === 0 || heavy.length > gains.length || isOverBudget) decision = 'do not split';
  const named = (reasons: readonly Reason[]) => reasons.map(({ subject }) => subject).join(', ') || 'none';
  const heavyText = heavy.length > 0 ? ` (heavy: ${named(heavy)})` : '';
  const budgetText = isOverBudget ? ` It exceeds the budget of ${budget} ms, which ${baseline} meets.` : '';
  const text = `${split}: ${decision}. Gains: ${named(gains)}. Costs: ${named(costs)}${heavyText}.${budgetText}`;
  return { split, decision, text, gains, costs, breakEvens: breakEvensOf(comparison) };
}

function gainsOf({ failed, doubled, deploy, throughput, cpu, p50 }: Comparison): Reason[] {
  const gains: Reason[] = [];
  if (failed && failed.baseline > 0 && failed.split <= RULES.failures * failed.baseline)
    gains.push({
      subject: 'smaller failures',
      figures: `during the fault of one host ${percent(failed.split)} of the requests fail instead of ${percent(failed.baseline)}`,
    });
  for (const { module, baseline, split } of doubled)
    if (
      split.memoryMiB <= RULES.memory * baseline.memoryMiB &&
      split.gain > 1 &&
      split.gain >= RULES.sameGain * baseline.gain
    )
      gains.push({
        subject: `scaling ${module} alone`,
        figures: `${ratio(split.gain)} for ${split.memoryMiB.toFixed(0)} MiB instead of ${ratio(baseline.gain)} for ${baseline.memoryMiB.toFixed(0)} MiB`,
      });
  if (deploy && deploy.split.rolloutSeconds <= RULES.rollout * deploy.baseline.rolloutSeconds)
    gains.push({
      subject: 'faster roll-out',
      figures: `${deploy.split.rolloutSeconds.toFixed(1)} s instead of ${deploy.baseline.rolloutSeconds.toFixed(1)} s, after a build of ${deploy.baseline.buildSeconds.toFixed(1)} s in both`,
    });
  const better: [string, Ratio, boolean][] = [
    ['throughput', throughput, throughput.factor >= RULES.cost],
    ['CPU', cpu, cpu.factor <= 1 / RULES.cost],
    ['latency', p50, p50.factor <= 1 / RULES.cost],
  ];
  for (const [subject, { factor, isSignificant }, isBetter] of better)
    if (isSignificant && isBetter) gains.push({ subject, figures: ratio(factor) });
  return gains;
}

function costsOf(comparison: Comparison): Verdict['costs'] {
  const { cpu, p50, memory, throughput, network, lowP50, budget } = comparison;
  const figures: [string, Ratio, number, (value: number) => string][] = [
    ['CPU', cpu, cpu.factor, (value) => `${value.toFixed(2)} ms a request`],
    ['latency', p50, p50.factor, (value) => `p50 of ${value.toFixed(2)} ms`],
    ['memory', memory, memory.factor, (value) => `${value.toFixed(0)} MiB`],
    ['throughput', throughput, 1 / throughput.factor, (value) => `${value.toFixed(0)} requests/s`],
  ];
  const costs = figures
    .filter(([, { isSignificant }, factor]) => isSignificant && factor >= RULES.cost)
    .map(([subject, { baseline, split }, factor, text]) => ({
      subject,
      figures: `${text(split)} instead of ${text(baseline)}`,
      isHeavy: factor >= RULES.heavyCost,
    }));
  const [none, slowest] = [network[0], network.at(-1)];
  // The cost of the network alone: the latency without it is a cost of its own.
  if (none && slowest && slowest[1] - none[1] >= (RULES.latency - 1) * lowP50)
    costs.push({
      subject: `a network of ${slowest[0]} ms`,
      figures: `p50 of ${slowest[1].toFixed(2)} ms with it, ${none[1].toFixed(2)} ms without`,
      isHeavy: budget !== undefined && slowest[1] > budget,
    });
  return costs;
}

function breakEvensOf({
  baseline,
  cpu,
  memory,
  lowP50,
  network,
  doubled,
  deploy,
  budget,
}: Comparison): Reason[] {
  const rate = cpu.isSignificant ? rateOfOneCore(cpu.split - cpu.baseline) : undefined;
  const load =
    rate === undefined
      ? 'no significant difference in CPU'
      : `the split takes one core more for every ${rate.toFixed(0)} requests/s`;
  const reasons: Reason[] = [{ subject: 'load', figures: load }];
  if (network.length > 1) {
    const limit = budget ?? RULES.latency * lowP50;
    const origin = budget === undefined ? `twice ${baseline}’s p50 at the lowest rate` : 'the budget';
    const limitText = `${limit.toFixed(1)} ms (${origin})`;
    const roundTrip = roundTripWithin(limit, network);
    let figures = `p50 within ${limitText} up to a round trip of ${roundTrip?.toFixed(1)} ms`;
    if (roundTrip === 0) figures = `p50 over ${limitText} without any network`;
    if (roundTrip === undefined) figures = 'no difference by the network';
    reasons.push({ subject: 'network', figures });
  }
  for (const part of doubled) {
    const { memoryMiB } = part.baseline;
    const copies = copiesUntilSmaller(memory.split - memory.baseline, memoryMiB, part.split.memoryMiB);
    const figures =
      copies === undefined
        ? `never: one more process takes no less than one of ${baseline}`
        : `from ${copies} more processes on, the split needs less memory`;
    reasons.push({ subject: `memory, scaling ${part.module}`, figures });
  }
  if (deploy) {
    const saved = deploy.baseline.rolloutSeconds - deploy.split.rolloutSeconds;
    const difference = `${Math.abs(saved).toFixed(1)} s ${saved < 0 ? 'more' : 'less'}`;
    reasons.push({
      subject: 'deploy',
      figures: `a build takes ${deploy.baseline.buildSeconds.toFixed(1)} s in both; a roll-out ${difference}, ${deploy.split.processes} processes instead of ${deploy.baseline.processes}`,
    });
  }
  return reasons;
}
