import { table } from '../../bench/report.js';
import type { Results } from '../results.js';
import { METRICS, summariesOf } from './summary.js';

/** A table of the figures of two runs, and how many of them agree within their spread. */
export function agreement(one: Results, other: Results): string {
  const [first, second] = [summariesOf(one), summariesOf(other)];
  const names = Object.keys(first).filter((name) => name in second);
  let [agreed, compared] = [0, 0];
  const rows = names.flatMap((name) =>
    METRICS.map(({ key, label, unit, digits }) => {
      const [a, b] = [first[name]![key]!, second[name]![key]!];
      const allowed = Math.max(a.spread, b.spread);
      const apart = Math.abs(a.median - b.median);
      // What rounding leaves of a figure near 0 is no disagreement.
      const isWithin = apart <= allowed + 0.5 * 10 ** -digits;
      compared += 1;
      agreed += isWithin ? 1 : 0;
      const figures = [a.median, b.median, apart, allowed].map((value) => value.toFixed(digits));
      return [name, `${label}${unit && `, ${unit}`}`, ...figures, isWithin ? 'yes' : 'no'];
    }),
  );
  const head = ['topology', 'figure', 'one run', 'the other', 'apart', 'stated spread', 'agree'];
  return `${table(head, rows)}\n\n${agreed} of ${compared} figures agree within the spread that the runs state.`;
}
