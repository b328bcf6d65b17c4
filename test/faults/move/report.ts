import type { KillResult } from './kills.js';
import type { RoundsResult } from './rounds.js';

/** Returns the median and the maximum, e.g. `120 / 310`. */
function spreadOf(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  return `${sorted[Math.floor(sorted.length / 2)]!.toFixed(0)} / ${sorted.at(-1)!.toFixed(0)}`;
}

const rowOf = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |\n`;

function tableOf(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [headings, headings.map(() => '---'), ...rows].map(rowOf).join('');
}

/** Requests that did not succeed. */
export function failuresOf({ wrong, unavailable }: KillResult['report']): number {
  return wrong.length + unavailable.reads + unavailable.writes;
}

export function roundsTable(
  topology: string,
  { report, doubledArticles, seconds, moves }: RoundsResult,
): string {
  const requests = report.reads + report.writes;
  return (
    tableOf(
      [
        'topology',
        'moves',
        'requests (a second)',
        'failed',
        'lost',
        'doubled',
        'behind',
        'tables locked, ms (p50 / max)',
        'slowest response, ms (p50 / max)',
        'a move took, ms (p50 / max)',
      ],
      [
        [
          topology,
          moves.length,
          `${requests} (${(requests / seconds).toFixed(0)})`,
          failuresOf(report),
          report.lost.length + report.unnotified.length,
          report.doubled.length + doubledArticles,
          report.behind.length,
          spreadOf(moves.map(({ lockedMs }) => lockedMs)),
          spreadOf(moves.map(({ slowestMs }) => slowestMs)),
          spreadOf(moves.map(({ tookMs }) => tookMs)),
        ],
      ],
    ) +
    [...report.wrong, ...report.behind]
      .slice(0, 20)
      .map((line) => `- ${line}\n`)
      .join('')
  );
}

export function killTable(results: readonly KillResult[]): string {
  return (
    tableOf(
      [
        'command',
        'killed',
        'before',
        'then',
        'commands',
        'requests',
        'failed',
        'lost',
        'doubled',
        'behind',
        'left',
        'seconds',
      ],
      results.map(({ action, step, victim, remedy, report, doubledArticles, runs, left, seconds }) => [
        action,
        victim,
        step,
        remedy,
        runs,
        report.reads + report.writes,
        failuresOf(report),
        report.lost.length + report.unnotified.length,
        report.doubled.length + doubledArticles,
        report.behind.length,
        left.length,
        seconds.toFixed(0),
      ]),
    ) +
    results
      .flatMap(({ report, left }) => [
        ...report.lost,
        ...report.unnotified,
        ...report.doubled,
        ...report.behind,
        ...left,
      ])
      .map((line) => `- ${line}\n`)
      .join('')
  );
}

/** Returns whether an effect was lost, doubled or hidden, or something was left. Requests may fail while a process is down. */
export function isWrong({ report, doubledArticles, left }: KillResult): boolean {
  const { lost, unnotified, doubled, behind } = report;
  return doubledArticles > 0 || [lost, unnotified, doubled, behind, left].some(({ length }) => length > 0);
}
