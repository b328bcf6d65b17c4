import type { Part, Section } from '../../../kit/report/document.js';
import { type Column, percent, ratio } from '../../../kit/report/markdown.js';
import { figureOf, sum } from '../../../kit/statistics.js';
import type { Impact, Results } from '../../results.js';
import { DELAYS } from '../../schedule.js';
import { failedShare, networkPoints } from '../../verdict/comparison.js';
import { LOW_P50, summariesOf } from '../../verdict/summary.js';

const medianOf = (rounds: readonly number[], digits = 2) => figureOf(rounds).median.toFixed(digits);

type Columns<Row> = readonly Column<Row>[];

/** Returns a section with a row for each result of each topology; undefined when the stage was left out. */
function sectionOf<Row>(
  title: string,
  text: string,
  results: Readonly<Record<string, readonly Row[]>>,
  columns: Columns<Row>,
  charts: readonly Part[] = [],
): Section | undefined {
  const rows = Object.entries(results).flatMap(([topology, all]) =>
    all.map((row) => [topology, ...columns.map(([, cell]) => cell(row))]),
  );
  if (rows.length === 0) return undefined;
  const head = ['topology', ...columns.map(([name]) => name)];
  return { title, parts: [text, { head, rows }, ...charts] };
}

/** Returns a record of one result each as one of lists. */
const listed = <Row>(results: Readonly<Record<string, Row>>): Record<string, Row[]> =>
  Object.fromEntries(Object.entries(results).map(([name, result]) => [name, [result]]));

const warmUpSection = ({ measured, topologies }: Results): Section | undefined =>
  sectionOf(
    'After a start, and after a pause',
    'Before all measurements each topology gets the same requests, until the CPU of a request in its hosts falls no further: code ' +
      'that a process runs often is compiled, and caches fill. A process of a split gets a part of the requests, so this takes ' +
      'more of them. While the others have their turns a topology has no requests, and a part of what its caches hold expires; so ' +
      'the first requests of a turn do not count. All other figures are those of the time after.',
    // A quick run has one step, which compares with nothing.
    listed(
      Object.fromEntries(
        topologies.flatMap(({ name }) => {
          const { warmUp, resumed } = measured[name]!;
          return warmUp.cpu.length > 1 ? [[name, { ...warmUp, resumed }] as const] : [];
        }),
      ),
    ),
    [
      ['CPU a request at first, ms', ({ cpu }) => cpu[0]!.toFixed(2)],
      ['at last', ({ cpu }) => cpu.at(-1)!.toFixed(2)],
      ['', ({ cpu }) => ratio(cpu.at(-1)! / cpu[0]!)],
      ['requests of each figure', ({ requests }) => `${requests}`],
      ['requests in all', ({ requests, cpu }) => `${requests * cpu.length}`],
      ['after a pause, ms', ({ resumed }) => medianOf(resumed)],
    ],
  );

function networkSection(results: Results): Section | undefined {
  const baseline = results.topologies[0]!.name;
  const withoutNetwork = summariesOf(results)[baseline]![LOW_P50]!.median;
  const labels = DELAYS.map((delay) => `${delay} ms`);
  return sectionOf(
    'A slower network',
    'Hosts on one machine have no network between them, which favors a split. Here proxies delay their calls; the ' +
      'milliseconds are added to a round trip. The rate is the lowest of the above.',
    listed(results.network),
    [
      ['calls a request', ({ delays }) => medianOf(delays[0]!.rounds.map(({ remote }) => remote))],
      ['KiB a request', ({ bytes }) => (bytes / 1024).toFixed(2)],
      ...labels.map((label, index): Columns<Results['network'][string]>[number] => [
        `+ ${label}: p50 / p99 ms`,
        ({ delays }) => {
          const { rounds } = delays[index]!;
          return `${medianOf(rounds.map(({ p50 }) => p50))} / ${medianOf(rounds.map(({ p99 }) => p99))}`;
        },
      ]),
    ],
    [
      {
        kind: 'lines',
        title: 'p50 by the round trip between hosts',
        unit: 'ms',
        labels,
        positions: DELAYS,
        series: [
          { name: baseline, values: DELAYS.map(() => withoutNetwork) },
          ...Object.keys(results.network).map((name) => ({
            name,
            values: networkPoints(results, name).map(([, p50]) => p50),
          })),
        ],
      },
    ],
  );
}

const IMPACT_COLUMNS: Columns<Impact> = [
  ['requests', ({ requests }) => `${requests}`],
  ['failed', ({ failed }) => `${sum(Object.values(failed))}`],
  ['', ({ failed, requests }) => percent(sum(Object.values(failed)) / requests)],
  ['for s', ({ seconds }) => seconds.toFixed(1)],
  ['p99 ms', ({ p99 }) => p99.toFixed(0)],
  [
    'endpoints that failed',
    ({ failed, sent }) => {
      const [names, count] = [Object.keys(failed).toSorted(), Object.keys(sent).length];
      if (names.length === 0) return 'none';
      return names.length === count ? `all ${count}` : `${names.length} of ${count}: ${names.join(', ')}`;
    },
  ],
];

const FAULT_NAMES = { kill: 'killed', hang: 'stopped', block: 'event loop blocked' } as const;

function faultSection({ faults }: Results): Section | undefined {
  const names = Object.keys(faults);
  return sectionOf(
    'Blast radius',
    'All endpoints get the same rate while one process of a host is killed (and restarted), stopped for four seconds, or ' +
      'has its event loop blocked for as long. A request fails without a 2xx response within three seconds.',
    faults,
    [['host', ({ host }) => host], ['fault', ({ fault }) => FAULT_NAMES[fault]], ...IMPACT_COLUMNS],
    [
      {
        kind: 'bars',
        title: 'Requests that fail during the fault of a host, on average',
        unit: '%',
        labels: names,
        series: [{ name: 'failed', values: names.map((name) => 100 * failedShare(faults[name]!)) }],
      },
    ],
  );
}

const SERVER_FAULT_NAMES = { restart: 'restarted', cut: 'disconnected' } as const;

const serverFaultSection = ({ serverFaults }: Results): Section | undefined =>
  sectionOf(
    'Faults of shared servers',
    'Redis is restarted with its data; the replica of the database is disconnected from the network for four seconds. The ' +
      'verdict ignores this, since all topologies share these servers.',
    serverFaults,
    [
      ['server', ({ server }) => server],
      ['fault', ({ fault }) => SERVER_FAULT_NAMES[fault]],
      ...IMPACT_COLUMNS,
    ],
  );

const modulesOf = ({ host, modules }: { host: string; modules: readonly string[] }) =>
  `${host} (${modules.length} module${modules.length === 1 ? '' : 's'})`;

function startSection({ starts, topologies }: Results): Section | undefined {
  const reference = starts[topologies[0]!.name]?.[0];
  const cell = (figure: 'milliseconds' | 'cpu' | 'memoryMiB'): Columns<Results['starts'][string][number]> => [
    [
      { milliseconds: 'ms until ready', cpu: 'CPU ms', memoryMiB: 'MiB' }[figure],
      (row) => medianOf(row[figure], 0),
    ],
    [
      '',
      (row) => (reference ? ratio(figureOf(row[figure]).median / figureOf(reference[figure]).median) : ''),
    ],
  ];
  return sectionOf(
    'Starting a host',
    'One process of each host is restarted, while nothing else starts. The ratios are to the first host of the first topology.',
    starts,
    [['host', modulesOf], ...cell('milliseconds'), ...cell('cpu'), ...cell('memoryMiB')],
  );
}

const scalingSection = ({ scaling }: Results): Section | undefined =>
  sectionOf(
    'Scaling one part',
    'The host that does the work is doubled; the added processes get other cores, as on another machine. They cost memory, ' +
      'CPU without requests, and connections to the database.',
    scaling,
    [
      ['work', ({ module }) => (module === 'identity' ? 'logins' : 'pictures')],
      ['doubled', modulesOf],
      ['a second before', ({ before }) => medianOf(before, 1)],
      ['after', ({ after }) => medianOf(after, 1)],
      ['gain', ({ before, after }) => ratio(figureOf(after).median / figureOf(before).median)],
      ['MiB more', ({ memoryMiB }) => memoryMiB.toFixed(0)],
      ['idle CPU ms/s more', ({ idleMsPerSecond }) => idleMsPerSecond.toFixed(0)],
      ['connections more', ({ connections }) => `${connections}`],
    ],
  );

function failuresOf({ failures, requests }: Results['deploys'][string]): string {
  const causes = Object.entries(failures).map(([cause, count]) =>
    count === 1 ? cause : `${cause} × ${count}`,
  );
  return `${sum(Object.values(failures))} of ${requests}${causes.length === 0 ? '' : `: ${causes.join(', ')}`}`;
}

const deploySection = ({ deploys }: Results): Section | undefined =>
  sectionOf(
    'From an edit to all traffic',
    'One module is edited, built, and rolled out under load: the processes that run it are replaced one after the other. All ' +
      'topologies run the same build. Its size counts once for each process.',
    listed(deploys),
    [
      ['module', ({ module }) => module],
      ['build, s', ({ buildSeconds }) => buildSeconds.toFixed(1)],
      ['roll-out, s', ({ rolloutSeconds }) => rolloutSeconds.toFixed(1)],
      ['processes', ({ processes, totalProcesses }) => `${processes} of ${totalProcesses}`],
      ['requests failed', failuresOf],
      ['MiB shipped', ({ bytes }) => (bytes / 1_048_576).toFixed(1)],
    ],
  );

/** Returns a section for each stage that was measured. */
export const stageSections = (results: Results): Section[] =>
  [
    warmUpSection,
    networkSection,
    faultSection,
    serverFaultSection,
    startSection,
    scalingSection,
    deploySection,
  ].flatMap((section) => section(results) ?? []);
