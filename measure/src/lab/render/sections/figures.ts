import type { Chart, Section } from '../../../kit/report/document.js';
import { percent, ratio } from '../../../kit/report/markdown.js';
import { sum } from '../../../kit/statistics.js';
import { KIND_NAMES, KINDS } from '../../measure/resource-usage.js';
import type { Results } from '../../results.js';
import { SHARES } from '../../schedule.js';
import {
  type Estimate,
  isSignificant,
  type Metric,
  METRICS,
  noiseOf,
  summariesOf,
} from '../../verdict/summary.js';

/** Returns the table of all figures, each topology beside the first. */
export function figuresSection(results: Results): Section {
  const names = results.topologies.map(({ name }) => name);
  const [baseline, ...others] = names as [string, ...string[]];
  const summaries = summariesOf(results);
  const noise = noiseOf(results);
  const rows = METRICS.map((metric) => {
    const first = summaries[baseline]![metric.key]!;
    const cells = others.flatMap((name) => {
      const other = summaries[name]![metric.key]!;
      return [estimate(other, metric), comparison(first, other)];
    });
    const label = metric.unit === '' ? metric.label : `${metric.label}, ${metric.unit}`;
    return [label, estimate(first, metric), ...cells, percent(noise[metric.key]!)];
  });
  const errors = names.map((name) => {
    const { saturation, paced } = results.measured[name]!;
    return sum([...saturation, ...paced.flat()].map((round) => round.errors));
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
      `The same requests at the same rates for all: ${rates.join(', ')} a second, shares of the smallest throughput. CPU is ` +
        'that of the middle rate, including the events and jobs that the requests cause. ± is the uncertainty; ratios in ' +
        'brackets are not significant.',
      { head: ['figure', baseline, ...others.flatMap((name) => [name, `× ${baseline}`]), 'noise'], rows },
      ...latencyCharts(results),
      cpuChart(results),
    ],
  };
}

const estimate = ({ median, spread }: Estimate, { digits }: Metric) =>
  `${median.toFixed(digits)} ± ${spread.toFixed(digits)}`;

function comparison(one: Estimate, other: Estimate): string {
  if (one.median === 0) return '';
  const text = ratio(other.median / one.median);
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
      name: KIND_NAMES[kind],
      values: names.map((name) => summaries[name]![`cpu:${kind}`]!.median),
    })),
  };
}
