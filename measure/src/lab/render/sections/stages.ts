import type { HostFaultImpact, Impact, Results, ServerFaultImpact } from '../../results.js';
import { DELAYS } from '../../schedule.js';
import { figureOf } from '../../stats/figure.js';
import { lostShare, pointsOf } from '../../verdict/comparison.js';
import { LOW_P50, percent, summariesOf } from '../../verdict/summary.js';
import { paragraph, type Section, tableOf } from '../../../kit/report/document.js';

const middle = (rounds: readonly number[], digits = 2) => figureOf(rounds).median.toFixed(digits);

/** What a slower network does; undefined when that was not measured. */
export function networkSection(results: Results): Section | undefined {
  const names = Object.keys(results.network);
  if (names.length === 0) return undefined;
  const base = results.topologies[0]!.name;
  const without = summariesOf(results)[base]![LOW_P50]!.median;
  const rows = names.map((name) => {
    const { bytes, delays } = results.network[name]!;
    const remote = delays[0]!.rounds.map((round) => round.remote);
    const cells = delays.map(
      ({ rounds }) => `${middle(rounds.map(({ p50 }) => p50))} / ${middle(rounds.map(({ p99 }) => p99))}`,
    );
    return [name, middle(remote), (bytes / 1024).toFixed(2), ...cells];
  });
  const labels = DELAYS.map((delay) => `${delay} ms`);
  return {
    title: 'A slower network',
    parts: [
      paragraph(
        'One machine flatters a split: its hosts are no network apart. Here proxies hold back what passes between them; the ' +
          'milliseconds are what a call and its answer take longer together. At the lowest of the rates above, half of the requests, ' +
          'and 99 of 100, stay within:',
      ),
      tableOf(
        [
          'topology',
          'calls a request',
          'KiB a request',
          ...labels.map((label) => `+ ${label}: p50 / p99 ms`),
        ],
        rows,
      ),
      {
        kind: 'lines',
        title: 'p50 by the round trip between hosts',
        unit: 'ms',
        labels,
        positions: DELAYS,
        series: [
          { name: base, values: DELAYS.map(() => without) },
          ...names.map((name) => ({ name, values: pointsOf(results, name).map(([, p50]) => p50) })),
        ],
      },
    ],
  };
}

const SERVER_FAULT_WORDS = { restart: 'restarted', cut: 'cut off' } as const satisfies Record<
  ServerFaultImpact['fault'],
  string
>;
const FAULT_WORDS = { kill: 'killed', hang: 'hangs', block: 'event loop blocked' } as const;

export function blastSection(results: Results): Section | undefined {
  const names = Object.keys(results.faults);
  if (names.length === 0) return undefined;
  const rows = names.flatMap((name) => results.faults[name]!.map((blast) => blastRow(name, blast)));
  return {
    title: 'Blast radius',
    parts: [
      paragraph(
        'Every endpoint is asked alike while one process of a host is killed (and started again), stopped for four seconds, or ' +
          'has its event loop blocked as long. A request fails when it is not answered with a 2xx within three seconds.',
      ),
      tableOf(['topology', 'host', 'fault', ...IMPACT], rows),
      {
        kind: 'bars',
        title: 'Requests that fail while one host does, on average',
        unit: '%',
        labels: names,
        series: [{ name: 'failed', values: names.map((name) => 100 * lostShare(results.faults[name]!)) }],
      },
    ],
  };
}

/** What a fault does in what all hosts share; undefined when that was not measured. */
export function serverSection({ serverFaults: servers }: Results): Section | undefined {
  const rows = Object.entries(servers).flatMap(([name, blasts]) =>
    blasts.map((blast) => [name, blast.server, SERVER_FAULT_WORDS[blast.fault], ...impactCells(blast)]),
  );
  if (rows.length === 0) return undefined;
  return {
    title: 'Without a server',
    parts: [
      paragraph(
        'Redis is stopped and started again, with what it had written; the replica of the database is cut off from its network ' +
          'for four seconds. The same requests meanwhile. It counts for no verdict: all topologies share these servers alike.',
      ),
      tableOf(['topology', 'server', 'fault', ...IMPACT], rows),
    ],
  };
}

const blastRow = (name: string, blast: HostFaultImpact) => [
  name,
  blast.host,
  FAULT_WORDS[blast.fault],
  ...impactCells(blast),
];

const IMPACT = ['requests', 'failed', '', 'for s', 'p99 ms', 'endpoints that failed'];

function impactCells({ requests, failed, sent: asked, seconds, p99 }: Impact): string[] {
  const count = Object.values(failed).reduce((sum, each) => sum + each, 0);
  const failing = Object.keys(failed).toSorted();
  const all = Object.keys(asked).length;
  const endpoints =
    failing.length === all ? `all ${all}` : `${failing.length} of ${all}: ${failing.join(', ')}`;
  return [
    `${requests}`,
    `${count}`,
    percent(count / requests),
    seconds.toFixed(1),
    p99.toFixed(0),
    failing.length === 0 ? 'none' : endpoints,
  ];
}

export function scalingSection(results: Results): Section | undefined {
  const rows = Object.entries(results.scaling).flatMap(([name, all]) =>
    all.map((one) => {
      const [before, after] = [figureOf(one.before).median, figureOf(one.after).median];
      return [
        name,
        one.hot === 'identity' ? 'logins' : 'pictures',
        `${one.host} (${one.modules.length} module${one.modules.length === 1 ? '' : 's'})`,
        before.toFixed(1),
        after.toFixed(1),
        `× ${(after / before).toFixed(2)}`,
        one.memoryMiB.toFixed(0),
        one.idleMsPerSecond.toFixed(0),
        `${one.connections}`,
      ];
    }),
  );
  if (rows.length === 0) return undefined;
  return {
    title: 'Scaling one part',
    parts: [
      paragraph(
        'The host that does the work is doubled, and what is added gets other cores, as another machine would be. What came ' +
          'with it: memory, CPU while nobody asks, connections to the database.',
      ),
      tableOf(
        [
          'topology',
          'work',
          'doubled',
          'a second before',
          'after',
          'gain',
          'MiB more',
          'idle CPU ms/s more',
          'connections more',
        ],
        rows,
      ),
    ],
  };
}

export function deploySection(results: Results): Section | undefined {
  const rows = Object.entries(results.deploys).map(([name, one]) => [
    name,
    one.module,
    one.builtSeconds.toFixed(1),
    one.rolledSeconds.toFixed(1),
    `${one.processes} of ${one.processesInAll}`,
    `${one.failed} of ${one.requests}`,
    (one.bytes / 1_048_576).toFixed(1),
  ]);
  if (rows.length === 0) return undefined;
  return {
    title: 'From an edit to all traffic',
    parts: [
      paragraph(
        'One module is edited, built, and rolled out under load: the processes that run it are replaced one after the other. ' +
          'All topologies run the same build, so building takes the same. Shipped is the built code, once to each process.',
      ),
      tableOf(
        ['topology', 'module', 'built, s', 'rolled, s', 'processes', 'requests failed', 'MiB shipped'],
        rows,
      ),
    ],
  };
}
