import { table } from '../../bench/report.js';
import type { Results } from '../results.js';
import { figureOf } from '../stats/figure.js';
import { METRICS, noiseOf, type Estimate, summariesOf } from './summary.js';

/** By topology, by metric. */
type Statements = Readonly<Record<string, Readonly<Record<string, Estimate>>>>;

/**
 * Tables of the figures of two runs, and how many agree within their spread: as they are, which tells whether the machine
 * was as fast both times, and as ratios to the first topology, which tells whether the comparison holds.
 */
export function compareRuns(one: Results, other: Results): string {
  const base = one.topologies[0]!.name;
  return [
    compared('figure', 'figures', summariesOf(one), summariesOf(other)),
    compared(`ratio to ${base}`, `ratios to ${base}`, ratiosOf(one), ratiosOf(other)),
  ].join('\n\n');
}

function compared(column: string, words: string, first: Statements, second: Statements): string {
  const isRatio = column !== 'figure';
  let [agreed, all] = [0, 0];
  const rows = Object.keys(first).flatMap((name) =>
    METRICS.flatMap(({ key, label, unit, digits: places }) => {
      const [a, b] = [first[name]?.[key], second[name]?.[key]];
      if (!a || !b) return [];
      const digits = isRatio ? 2 : places;
      const allowed = Math.max(a.spread, b.spread);
      const apart = Math.abs(a.median - b.median);
      // What rounding leaves of a figure near 0 is no disagreement.
      const isWithin = apart <= allowed + 0.5 * 10 ** -digits;
      all += 1;
      agreed += isWithin ? 1 : 0;
      const figures = [a.median, b.median, apart, allowed].map((value) => value.toFixed(digits));
      return [[name, isRatio || !unit ? label : `${label}, ${unit}`, ...figures, isWithin ? 'yes' : 'no']];
    }),
  );
  const head = ['topology', column, 'one run', 'the other', 'apart', 'stated spread', 'agree'];
  return `${table(head, rows)}\n\n${agreed} of ${all} ${words} agree within the spread that the runs state.`;
}

/** Round by round, since what disturbs a round disturbs all topologies in it. */
function ratiosOf(results: Results): Statements {
  const noise = noiseOf(results);
  const [base, ...others] = results.topologies.map(({ name }) => results.measured[name]!);
  const named = results.topologies.slice(1).map(({ name }, index) => {
    const ratios = METRICS.map(({ key, of }) => {
      const whole = of(base!);
      const figure = figureOf(of(others[index]!).map((value, round) => value / whole[round]!));
      const spread = Math.max((figure.high - figure.low) / 2, noise[key]! * figure.median);
      return [key, { ...figure, spread }] as const;
    });
    return [name, Object.fromEntries(ratios.filter(([, { median }]) => Number.isFinite(median)))] as const;
  });
  return Object.fromEntries(named);
}
