import type { Endpoint } from '../kit/endpoints.js';
import { ms, ratio, table, tableOfColumns, verdict } from '../kit/report/markdown.js';
import { DATABASE_CONNECTIONS } from './bench.js';
import type { Measured, Round } from './measure.js';

/** The command line of the benchmark. */
export interface Options {
  readonly endpoints: readonly string[];
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  readonly cache: 'on' | 'off';
  readonly baseline: boolean;
  readonly profile?: true;
  readonly json?: string;
}

/** The measurements of one endpoint. */
export interface Finding {
  readonly endpoint: Endpoint;
  readonly measured: readonly Measured[];
}

const NAMES: Readonly<Record<string, string>> = {
  tearline: 'Tearline',
  raw: 'raw',
  prebuilt: 'Nest + pino, ready-made',
};

const cpu = ({ app, database }: Round) => app + database;
const medianOf = ({ measured }: Finding, name: Measured['name']) =>
  measured.find((one) => one.name === name)?.median;

/** Returns the parameters of the run. @param memory MiB */
export function environment(
  { rounds, seconds, connections, profile, cache }: Options,
  startupMs: number,
  memory: number,
): string {
  return [
    `${connections} connections; medians of ${rounds} rounds of about ${seconds} s`,
    `Tearline as in production, cache ${cache}: a database role for each module, checked mode off, ${DATABASE_CONNECTIONS} ` +
      `connections to PostgreSQL; listened after ${startupMs.toFixed(0)} ms, ${memory.toFixed(0)} MiB ` +
      'resident at the end',
    ...(profile ? ['Profiled: these figures are too high.'] : []),
  ].join('\n');
}

/** Returns a table of all figures. */
export function figures(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ endpoint, measured }) =>
    measured.map(({ name, median }, index) => ({ endpoint, name, median, isFirst: index === 0 })),
  );
  return tableOfColumns(
    [
      ['endpoint', ({ endpoint, isFirst }) => (isFirst ? endpoint.name : '')],
      [
        'server',
        ({ endpoint, name }) =>
          endpoint.name === 'login' && name === 'raw' ? 'argon2id alone' : NAMES[name]!,
      ],
      ['requests/s', ({ median }) => median.perSecond.toFixed(0)],
      ['p50 ms', ({ median }) => median.p50.toFixed(1)],
      ['p99 ms', ({ median }) => median.p99.toFixed(1)],
      ['app CPU ms', ({ median }) => ms(median.app)],
      ['database CPU ms', ({ median }) => ms(median.database)],
      ['SQL', ({ median }) => median['statements']?.toFixed(1) ?? ''],
      ['errors', ({ median }) => `${median.errors}`],
    ],
    rows,
  );
}

/** Returns a table of the goals, and whether they are met. */
export function goals(findings: readonly Finding[], { cache }: Options): string {
  const rows = findings.map((finding) => {
    const { endpoint } = finding;
    const tearline = medianOf(finding, 'tearline')!;
    return [
      endpoint.name,
      `${ms(tearline.app)} + ${ms(tearline.database)}`,
      ...goalOf(endpoint, tearline),
      ...againstRaw(endpoint, tearline, medianOf(finding, 'raw')),
      ...againstPrebuilt(endpoint, tearline, cache === 'on' ? medianOf(finding, 'prebuilt') : undefined),
    ];
  });
  const compared = ['against raw', 'goal', '', 'against ready-made', 'goal', ''];
  return table(['endpoint', 'app + database CPU ms', 'goal', '', ...compared], rows);
}

function goalOf({ goal }: Endpoint, { app, database }: Round): string[] {
  if (!goal) return ['', ''];
  return [`≤ ${goal.app} + ${goal.database}`, verdict(app <= goal.app && database <= goal.database)];
}

function againstRaw(endpoint: Endpoint, tearline: Round, raw: Round | undefined): string[] {
  if (!raw) return ['', '', ''];
  const { factorOfRaw = 2, aboveRawMs } = endpoint;
  if (aboveRawMs === undefined) return factorCells(cpu(tearline) / cpu(raw), factorOfRaw);
  const more = cpu(tearline) - cpu(raw);
  return [`+ ${ms(more)} ms`, `≤ + ${aboveRawMs} ms`, verdict(more <= aboveRawMs)];
}

function againstPrebuilt(
  { abovePrebuilt }: Endpoint,
  tearline: Round,
  prebuilt: Round | undefined,
): string[] {
  if (!prebuilt || abovePrebuilt === undefined) return ['', '', ''];
  return factorCells(cpu(tearline) / cpu(prebuilt), abovePrebuilt);
}

const factorCells = (factor: number, goal: number) => [ratio(factor), `≤ × ${goal}`, verdict(factor <= goal)];
