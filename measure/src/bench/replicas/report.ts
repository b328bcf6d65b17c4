import { met, ms, table } from '../report.js';
import type { Outcome } from './compare.js';
import type { Mix } from './mixes.js';

/** One kind of load, and what became of it with each number of replicas. */
export interface Comparison {
  readonly mix: Mix;
  readonly outcomes: readonly Outcome[];
}

/** The share of the reads that two replicas are to take. */
const GOAL = 0.9;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const sumOf = (shares: readonly number[]) => shares.reduce((sum, share) => sum + share, 0);

/** Everything that was measured, load by load. */
export function figures(comparisons: readonly Comparison[]): string {
  const rows = comparisons.flatMap(({ mix, outcomes }) =>
    outcomes.map((outcome, index) => [
      index === 0 ? mix.name : '',
      `${outcome.replicas}`,
      outcome.perSecond.toFixed(0),
      outcome.p50.toFixed(1),
      outcome.p99.toFixed(1),
      ms(outcome.app),
      ms(outcome.primary),
      ms(outcome.onReplicas),
      outcome.replicas === 0 ? '–' : percent(sumOf(outcome.shares)),
      outcome.replicas === 0 ? '–' : outcome.shares.map(percent).join(' + '),
      `${outcome.errors}`,
    ]),
  );
  const head = [
    'load',
    'replicas',
    'requests/s',
    'p50 ms',
    'p99 ms',
    'app CPU ms',
    'primary CPU ms',
    'replicas CPU ms',
    'reads off the primary',
    'of each replica',
    'errors',
  ];
  return table(head, rows);
}

/** Whether that is what we are out for. */
export function verdicts(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ mix, outcomes }) => {
    const [without, most] = [outcomes[0]!, outcomes.at(-1)!];
    const off = sumOf(most.shares);
    return [
      mix.name,
      percent(off),
      `≥ ${percent(GOAL)}`,
      met(off >= GOAL),
      `${ms(without.primary)} → ${ms(most.primary)} (− ${percent(1 - most.primary / without.primary)})`,
    ];
  });
  return table(['load', 'reads off the primary', 'goal', '', 'primary CPU ms a request'], rows);
}
