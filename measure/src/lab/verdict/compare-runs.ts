import { table } from '../../kit/report/markdown.js';
import type { Results } from '../results.js';
import { estimateOf, METRICS, noiseOf, type Summary, summariesOf } from './summary.js';

/** By topology. */
type Estimates = Readonly<Record<string, Summary>>;

/**
 * Returns tables of the figures of two runs, and how many agree within their spread. The figures themselves depend on the
 * speed of the machine during the run; their ratios to the first topology do not.
 */
export function compareRuns(one: Results, other: Results): string {
  const base = one.topologies[0]!.name;
  return [
    compared('figure', 'figures', summariesOf(one), summariesOf(other)),
    compared(`ratio to ${base}`, `ratios to ${base}`, ratiosOf(one), ratiosOf(other)),
  ].join('\n\n');
}

function compared(column: string, words: string, first: Estimates, second: Estimates): string {
  const isRatio = column !== 'figure';
  let [agreed, all] = [0, 0];
  const rows = Object.keys(first).flatMap((name) =>
    METRICS.flatMap(({ key, label, unit, digits: places }) => {
      const [a, b] = [first[name]?.[key], second[name]?.[key]];
      if (!a || !b) return [];
      const digits = isRatio ? 2 : places;
      const allowed = Math.max(a.spread, b.spread);
      const apart = Math.abs(a.median - b.median);
      // Figures near 0 may differ by rounding.
      const isWithin = apart <= allowed + 0.5 * 10 ** -digits;
      all += 1;
      agreed += isWithin ? 1 : 0;
      const figures = [a.median, b.median, apart, allowed].map((value) => value.toFixed(digits));
      return [[name, isRatio || !unit ? label : `${label}, ${unit}`, ...figures, isWithin ? 'yes' : 'no']];
    }),
  );
  const head = ['topology', column, 'one run', 'the other', 'difference', 'spread', 'agree'];
  return `${table(head, rows)}\n\n${agreed} of ${all} ${words} agree within the spread.`;
}

/** Returns ratios round by round, since a disturbance affects all topologies of a round. */
function ratiosOf(results: Results): Estimates {
  const noise = noiseOf(results);
  const [base, ...others] = results.topologies.map(({ name }) => results.measured[name]!);
  const named = results.topologies.slice(1).map(({ name }, index) => {
    const ratios = METRICS.map(({ key, of }) => {
      const whole = of(base!);
      const ratios = of(others[index]!).map((value, round) => value / whole[round]!);
      return [key, estimateOf(ratios, noise[key]!)] as const;
    });
    return [name, Object.fromEntries(ratios.filter(([, { median }]) => Number.isFinite(median)))] as const;
  });
  return Object.fromEntries(named);
}
