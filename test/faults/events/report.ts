import type { AppResult } from './app-outages.js';
import type { KillCase, KillOutcome } from './kills.js';
import type { OutageResult } from './outages.js';
import { injectionPoints } from './injection-points.js';
import type { DrainResult } from './drain.js';
import type { BrokerName } from './test-environment.js';

/** Columns of a Markdown table: a heading and the cell of a row. */
type Columns<Row> = readonly (readonly [name: string, cell: (row: Row) => string | number])[];

/** Lines of a table in Markdown, numbers to the correct; none for no rows. */
function markdown<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)));
  const isNumber = columns.map((_, at) => cells.every((row) => typeof row[at] === 'number'));
  const texts = [columns.map(([name]) => name), ...cells.map((row) => row.map(String))];
  const widths = columns.map((_, at) => Math.max(3, ...texts.map((row) => row[at]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((text, at) => (isNumber[at] ? text.padStart(widths[at]!) : text.padEnd(widths[at]!))).join(' | ')} |`;
  const rule = widths.map((width, at) => (isNumber[at] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(texts[0]!), line(rule), ...texts.slice(1).map(line)].join('\n');
}

/** A line of the table of kills. */
export interface KillResult extends KillCase, KillOutcome {
  readonly broker: BrokerName;
}

/** Nothing lost, doubled or out of order, and all in time. */
export const correct = {
  lost: 0,
  doubled: 0,
  disordered: 0,
  jobsLost: 0,
  jobsDoubled: 0,
  unconfirmed: 0,
  problem: undefined,
} as const satisfies Partial<DrainResult>;

const isCorrect = (result: DrainResult): boolean =>
  Object.entries(correct).every(([name, value]) => result[name as keyof typeof correct] === value);

const caughtUp = (one: { caughtUp: number }) =>
  Number.isNaN(one.caughtUp) ? 'never' : one.caughtUp.toFixed(1);

const counts: Columns<DrainResult> = [
  ['acknowledged', (one) => one.acknowledged],
  ['unknown, there', (one) => one.unknownThere],
  ['found', (one) => one.found],
  ['lost', (one) => one.lost],
  ['doubled', (one) => one.doubled],
  ['out of order', (one) => one.disordered],
  ['jobs lost', (one) => one.jobsLost],
  ['jobs doubled', (one) => one.jobsDoubled],
  ['longest wait, s', (one) => one.longestWait.toFixed(1)],
  ['caught up, s', caughtUp],
];

const queues = { redis: 'Redis', postgres: 'PostgreSQL', none: 'none' } as const;

/** The table of kills. */
export const killTable = (results: readonly KillResult[]): string =>
  markdown<KillResult>(
    [
      ['queues on', ({ broker }) => queues[broker]],
      ['killed', ({ victim }) => victim],
      ['at', ({ point }) => injectionPoints[point].description],
      ['kills', ({ killed }) => killed],
      ...counts,
    ],
    results,
  );

/** The table of outages. */
export const outageTable = (results: readonly OutageResult[]): string =>
  markdown<OutageResult>(
    [
      ['Redis', ({ description, seconds }) => `${description} ${seconds} s`],
      ['failed requests', ({ failed }) => failed],
      ['slowest request, ms', ({ slowest }) => slowest.toFixed(0)],
      ...counts,
    ],
    results,
  );

/** The table of outages of the app. */
export const appTable = (results: readonly AppResult[]): string =>
  markdown<AppResult>(
    [
      ["the app's Redis", ({ description, seconds }) => `${description} ${seconds} s`],
      ['failed requests', ({ failures }) => failures.length],
      ['slowest request, ms', ({ slowest }) => slowest.toFixed(0)],
      ['writes acknowledged', ({ acknowledged }) => acknowledged],
      ['notifications', ({ expected }) => expected],
      ['lost', ({ lost }) => lost],
      ['doubled', ({ doubled }) => doubled],
      ['caught up, s', caughtUp],
    ],
    results,
  );

/** Returns a line for each result that is not correct. */
export function failuresOf(
  killed: readonly KillResult[],
  outageResults: readonly OutageResult[],
  appResults: readonly AppResult[],
): string[] {
  return [
    ...killed
      .filter((one) => !isCorrect(one))
      .map((one) => `${one.broker}, ${one.victim} at '${one.point}': incorrect`),
    ...outageResults
      .filter((one) => !isCorrect(one) || one.failed > 0)
      .map((one) => `Redis ${one.description}: incorrect`),
    ...appResults
      .filter((one) => one.problem !== undefined || one.failures.length + one.lost + one.doubled > 0)
      .map((one) => `the app's Redis ${one.description}: incorrect`),
  ];
}
