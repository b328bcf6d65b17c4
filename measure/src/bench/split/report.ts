import { SEED_COUNTS, type Database } from '../../kit/database.js';
import type { Endpoint } from '../../kit/endpoints.js';
import { type Cores, processor } from '../../kit/machine.js';
import { met, ms, table } from '../report.js';
import { DATABASE_CONNECTIONS } from '../monolith.js';
import type { Outcome } from './compare.js';
import type { SplitOptions } from './options.js';
import type { Start } from './starts.js';

/** One endpoint, as it does in both placements. */
export interface Comparison {
  readonly endpoint: Endpoint;
  readonly monolith: Outcome;
  readonly split: Outcome;
}

/** How many times the monolith's figures we allow the split. */
const GOALS = { endpoint: 'list', p50: 1.6, cpu: 1.8 };

/** Cores in use by others above which processes wait for one another rather than for their work. */
const DISTURBING = 0.2;
const isDisturbed = (others: number) => others > DISTURBING;

/** Where and how it was measured. */
export function circumstances(
  { rounds, seconds, connections, share, starts, profile }: SplitOptions,
  { cores, database, others }: { cores: Cores; database: Database; others: number },
): string {
  const amounts = Object.entries(SEED_COUNTS).map(
    ([name, count]) => `${count.toLocaleString('en-US')} ${name}`,
  );
  return [
    `${processor()}; Node ${process.versions.node}, PostgreSQL ${database.version}; ${cores.description}`,
    `${amounts.join(', ')}; medians of ${rounds} rounds of about ${seconds} s, of ${starts} starts`,
    `Both as in production, ${DATABASE_CONNECTIONS} connections to PostgreSQL altogether. Split: each module alone in a ` +
      'process, RPC over TCP with a shared secret; all of them on the one core that the monolith has.',
    `Requests go to the process that serves the path, without a proxy. p50, p99 and CPU: both under the same load, which is ` +
      `${share * 100} % of what the split bears, arriving at random. Most requests/s: ${connections} connections at once.`,
    `Processes that are none of ours used ${others.toFixed(2)} cores meanwhile` +
      (isDisturbed(others) ? ': too much for times to tell anything; CPU still does.' : '.'),
    ...(profile ? ['Profiled, so these figures are too high.'] : []),
  ].join('\n');
}

/** Everything that was measured, endpoint by endpoint. */
export function figures(comparisons: readonly Comparison[]): string {
  const rows = comparisons.flatMap(({ endpoint, monolith, split }) =>
    [monolith, split].map(({ name, paced, full }, index) => [
      index === 0 ? endpoint.name : '',
      name,
      paced.perSecond.toFixed(0),
      ms(paced.p50),
      ms(paced.p99),
      ms(paced.app),
      ms(paced.database),
      `${paced.local.toFixed(1)} + ${paced.remote.toFixed(1)}`,
      full.perSecond.toFixed(0),
      ms(full.app),
      ms(full.database),
      `${paced.errors + full.errors}`,
    ]),
  );
  const head = ['endpoint', 'placement', 'requests/s', 'p50 ms', 'p99 ms', 'app CPU ms', 'database CPU ms'];
  const further = ['calls: local + remote', 'most requests/s', 'app CPU ms', 'database CPU ms', 'errors'];
  return table([...head, ...further], rows);
}

/** How many times the monolith's figures those of the split are, and whether that is what we are out for. */
export function ratios(comparisons: readonly Comparison[], others: number): string {
  const rows = comparisons.map(({ endpoint, monolith, split }) => {
    const hasGoal = endpoint.name === GOALS.endpoint;
    const judged = (ratio: number, goal: number, isSure = true) => [
      `× ${ratio.toFixed(2)}`,
      ...(hasGoal ? [`≤ × ${goal}`, isSure ? met(ratio <= goal) : 'disturbed'] : ['', '']),
    ];
    return [
      endpoint.name,
      'split / monolith',
      ...judged(split.paced.p50 / monolith.paced.p50, GOALS.p50, !isDisturbed(others)),
      ...judged(split.paced.app / monolith.paced.app, GOALS.cpu),
      `× ${(split.full.app / monolith.full.app).toFixed(2)}`,
      `× ${(split.full.perSecond / monolith.full.perSecond).toFixed(2)}`,
    ];
  });
  const head = [
    'endpoint',
    '',
    'p50',
    'goal',
    '',
    'app CPU',
    'goal',
    '',
    'app CPU at most',
    'requests/s at most',
  ];
  return table(head, rows);
}

/** What a start takes, and which share of the first one that is. */
export function startFigures(starts: readonly Start[]): string {
  const rows = starts.map((start) => {
    const cells = (['milliseconds', 'cpu', 'memory'] as const).flatMap((figure) => {
      const share = start[figure] / starts[0]![figure];
      const verdict = start.goal === undefined ? '' : met(share <= start.goal);
      return [start[figure].toFixed(0), percent(share), verdict];
    });
    return [start.name, start.goal === undefined ? '' : `≤ ${percent(start.goal)}`, ...cells];
  });
  return table(
    ['start', 'goal', 'ms until it listens', '', '', 'CPU ms', '', '', 'MiB resident', '', ''],
    rows,
  );
}

const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
