import { KINDS } from '../../measure/resource-usage.js';
import type { Results } from '../../results.js';
import { SHARES } from '../../schedule.js';
import {
  isSignificant,
  METRICS,
  type Metric,
  noiseOf,
  percent,
  type Estimate,
  summariesOf,
} from '../../verdict/summary.js';
import { type Chart, paragraph, type Section, tableOf } from '../../../kit/report/document.js';

/** The table of a run: every topology next to the first. */
export function figuresSection(results: Results): Section {
  const names = results.topologies.map(({ name }) => name);
  const [base, ...others] = names as [string, ...string[]];
  const summaries = summariesOf(results);
  const noise = noiseOf(results);
  const rows = METRICS.map((metric) => {
    const first = summaries[base]![metric.key]!;
    const cells = others.flatMap((name) => {
      const other = summaries[name]![metric.key]!;
      return [stated(other, metric), ratio(first, other)];
    });
    const label = metric.unit === '' ? metric.label : `${metric.label}, ${metric.unit}`;
    return [label, stated(first, metric), ...cells, percent(noise[metric.key]!)];
  });
  const errors = names.map((name) => {
    const { saturation, paced } = results.measured[name]!;
    return [...saturation, ...paced.flat()].reduce((sum, round) => sum + round.errors, 0);
  });
  rows.push([
    'requests that failed',
    `${errors[0]}`,
    ...errors.slice(1).flatMap((count) => [`${count}`, '']),
    '',
  ]);
  const rates = results.rates.map((rate, index) => `${rate.toFixed(0)} (${percent(SHARES[index]!)})`);
  return {
    title: 'Side by side',
    parts: [
      paragraph(
        `The same requests, at the same rates for all: ${rates.join(', ')} a second, shares of what the weakest topology ` +
          'gets through. CPU is that of the rate in the middle, with the events and jobs that the requests caused. ± is what ' +
          'another run may differ by; ratios that are no larger than that stand in brackets.',
      ),
      tableOf(['figure', base, ...others.flatMap((name) => [name, `× ${base}`]), 'noise'], rows),
      ...latencyCharts(results),
      cpuChart(results),
    ],
  };
}

const stated = ({ median, spread }: Estimate, { digits }: Metric) =>
  `${median.toFixed(digits)} ± ${spread.toFixed(digits)}`;

function ratio(one: Estimate, other: Estimate): string {
  if (one.median === 0) return '';
  const text = `× ${(other.median / one.median).toFixed(2)}`;
  return isSignificant(one, other) ? text : `(${text})`;
}

function latencyCharts(results: Results): Chart[] {
  const summaries = summariesOf(results);
  return (['p50', 'p99'] as const).map((key) => ({
    kind: 'bars',
    title: `${key} under the same load`,
    unit: 'ms',
    labels: results.rates.map((rate, index) => `${percent(SHARES[index]!)}: ${rate.toFixed(0)} requests/s`),
    series: results.topologies.map(({ name }) => {
      const figures = SHARES.map((share) => summaries[name]![`${key}@${share}`]!);
      return {
        name,
        values: figures.map(({ median }) => median),
        spreads: figures.map(({ spread }) => spread),
      };
    }),
  }));
}

function cpuChart(results: Results): Chart {
  const summaries = summariesOf(results);
  const names = results.topologies.map(({ name }) => name);
  return {
    kind: 'stacks',
    title: 'CPU a request',
    unit: 'ms',
    labels: names,
    series: KINDS.map((kind) => ({
      name: kind === 'postgres' ? 'PostgreSQL' : kind === 'redis' ? 'Redis' : kind,
      values: names.map((name) => summaries[name]![`cpu:${kind}`]!.median),
    })),
  };
}
