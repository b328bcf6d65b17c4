import type { AppResult } from './app-outages.js';
import type { Case, Killed } from './kills.js';
import type { OutageResult } from './outages.js';
import { steps } from './points.js';
import type { Settled } from './settle.js';
import type { BrokerName } from './rig.js';
import { type Columns, markdown } from './table.js';

/** A line of the table of kills. */
export interface KillResult extends Case, Killed {
  readonly broker: BrokerName;
}

/** Nothing lost, doubled or out of order, and all in time. */
export const right = {
  lost: 0,
  doubled: 0,
  disordered: 0,
  jobsLost: 0,
  jobsDoubled: 0,
  unconfirmed: 0,
  problem: undefined,
} as const satisfies Partial<Settled>;

const isRight = (result: Settled): boolean =>
  Object.entries(right).every(([name, value]) => result[name as keyof typeof right] === value);

const caughtUp = (one: { caughtUp: number }) =>
  Number.isNaN(one.caughtUp) ? 'never' : one.caughtUp.toFixed(1);

const counts: Columns<Settled> = [
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

/** The table of kills. */
export const killTable = (results: readonly KillResult[]): string =>
  markdown<KillResult>(
    [
      ['queues on', ({ broker }) => (broker === 'redis' ? 'Redis' : 'PostgreSQL')],
      ['killed', ({ victim }) => victim],
      ['at', ({ point }) => steps[point].words],
      ['kills', ({ killed }) => killed],
      ...counts,
    ],
    results,
  );

/** The table of outages. */
export const outageTable = (results: readonly OutageResult[]): string =>
  markdown<OutageResult>(
    [
      ['Redis', ({ words, seconds }) => `${words} ${seconds} s`],
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
      ["the app's Redis", ({ words, seconds }) => `${words} ${seconds} s`],
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

/** What went wrong, a line for each. */
export function complaints(
  killed: readonly KillResult[],
  away: readonly OutageResult[],
  ofApp: readonly AppResult[],
): string[] {
  return [
    ...killed
      .filter((one) => !isRight(one))
      .map((one) => `${one.broker}, ${one.victim} at '${one.point}': wrong`),
    ...away.filter((one) => !isRight(one) || one.failed > 0).map((one) => `Redis ${one.words}: wrong`),
    ...ofApp
      .filter((one) => one.problem !== undefined || one.failures.length + one.lost + one.doubled > 0)
      .map((one) => `the app's Redis ${one.words}: wrong`),
  ];
}
