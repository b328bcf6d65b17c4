import type { FaultResult } from './run-fault.js';

const COLUMNS = [
  'fault',
  'runs',
  'writes',
  'reads',
  'without writes p50',
  'max',
  'failed by status',
  'acknowledged writes lost',
  'reads behind',
];

/** Returns a table in Markdown, with a line for each fault. */
export function faultTable(results: ReadonlyMap<string, readonly FaultResult[]>): string {
  const rows = [...results].map(([fault, runs]) => [fault, ...figuresOf(runs)]);
  return [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function figuresOf(runs: readonly FaultResult[]): string[] {
  const gaps = runs.map(({ gap }) => gap).toSorted((one, other) => one - other);
  const sum = (figure: (run: FaultResult) => number) =>
    `${runs.reduce((total, run) => total + figure(run), 0)}`;
  return [
    `${runs.length}`,
    sum(({ writes }) => writes),
    sum(({ reads }) => reads),
    seconds(gaps[Math.ceil(gaps.length / 2) - 1]!),
    seconds(gaps.at(-1)!),
    byStatus(runs),
    sum(({ lost }) => lost.length),
    sum(({ behind }) => behind.length),
  ];
}

export const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`;

function byStatus(runs: readonly FaultResult[]): string {
  const counts = new Map<number, number>();
  for (const { failed } of runs)
    for (const [status, count] of failed) counts.set(status, (counts.get(status) ?? 0) + count);
  const texts = [...counts].map(([status, count]) => `${count} × ${status || 'no answer'}`);
  return texts.join(', ') || '0';
}
