import { SEED_COUNTS, type Database } from '../kit/database.js';
import type { Endpoint } from '../kit/endpoints.js';
import { type Cores, processor } from '../kit/machine.js';
import type { Measured, Round } from './measure.js';
import type { Options } from './options.js';
import type { ServerProcess } from '../kit/server-process.js';
import { DATABASE_CONNECTIONS } from './monolith.js';

/** One endpoint and what was measured there. */
export interface Finding {
  readonly endpoint: Endpoint;
  readonly measured: readonly Measured[];
}

const NAMES = { tearline: 'Tearline', raw: 'raw', prebuilt: 'Nest + pino, ready-made' };
const LEFT = 2;

export const ms = (value: number) => value.toFixed(value >= 10 ? 1 : 2);
const cpu = ({ app, database }: Round) => app + database;
const medianOf = ({ measured }: Finding, name: Measured['name']) =>
  measured.find((one) => one.name === name)?.median;

/** Where and how it was measured. */
export function circumstances(
  { rounds, seconds, connections, profile, cache }: Options,
  {
    cores,
    database,
    tearline,
    memory,
  }: { cores: Cores; database: Database; tearline: ServerProcess; memory: number },
): string {
  const amounts = Object.entries(SEED_COUNTS).map(
    ([name, count]) => `${count.toLocaleString('en-US')} ${name}`,
  );
  return [
    `${processor()}; Node ${process.versions.node}, PostgreSQL ${database.version}; ${cores.description}`,
    `${amounts.join(', ')}; ${connections} connections; medians of ${rounds} rounds of about ${seconds} s`,
    `Tearline as in production, its cache ${cache}: a database role for each module, checked mode off, ${DATABASE_CONNECTIONS} connections to ` +
      `PostgreSQL; listened after ${tearline.startedWithin.toFixed(0)} ms, ${memory.toFixed(0)} MiB resident at the end`,
    ...(profile ? ['Profiled, so its figures are too high.'] : []),
  ].join('\n');
}

/** Everything that was measured, endpoint by endpoint. */
export function figures(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ endpoint, measured }) =>
    measured.map(({ name, median }, index) => [
      index === 0 ? endpoint.name : '',
      endpoint.name === 'login' && name === 'raw' ? 'argon2id alone' : NAMES[name],
      median.perSecond.toFixed(0),
      median.p50.toFixed(1),
      median.p99.toFixed(1),
      ms(median.app),
      ms(median.database),
      median.statements === undefined ? '' : median.statements.toFixed(1),
      `${median.errors}`,
    ]),
  );
  const head = [
    'endpoint',
    'server',
    'requests/s',
    'p50 ms',
    'p99 ms',
    'app CPU ms',
    'database CPU ms',
    'SQL',
    'errors',
  ];
  return table(head, rows);
}

/** Whether that is what we are out for. */
export function verdicts(findings: readonly Finding[], { cache }: Options): string {
  const rows = findings.flatMap((finding) => {
    const { endpoint } = finding;
    const ours = medianOf(finding, 'tearline')!;
    return [
      [
        endpoint.name,
        `${ms(ours.app)} + ${ms(ours.database)}`,
        ...goalOf(endpoint, ours),
        ...ratioOf(finding, ours),
        ...(cache === 'on' ? readyRatioOf(finding, ours) : ['', '', '']),
      ],
    ];
  });
  return table(
    [
      'endpoint',
      'app + database CPU ms',
      'goal',
      '',
      'against raw',
      'goal',
      '',
      'against ready-made',
      'goal',
      '',
    ],
    rows,
  );
}

function goalOf({ goal }: Endpoint, { app, database }: Round): string[] {
  if (!goal) return ['', ''];
  return [`≤ ${goal.app} + ${goal.database}`, met(app <= goal.app && database <= goal.database)];
}

function ratioOf(finding: Finding, ours: Round): string[] {
  const { above } = finding.endpoint;
  const raw = medianOf(finding, 'raw');
  if (!raw) return ['', '', ''];
  if ('times' in above) {
    const times = cpu(ours) / cpu(raw);
    return [`× ${times.toFixed(2)}`, `≤ × ${above.times}`, met(times <= above.times)];
  }
  const more = cpu(ours) - cpu(raw);
  return [`+ ${ms(more)} ms`, `≤ + ${above.milliseconds} ms`, met(more <= above.milliseconds)];
}

function readyRatioOf(finding: Finding, ours: Round): string[] {
  const { aboveReady } = finding.endpoint;
  const ready = medianOf(finding, 'prebuilt');
  if (!ready || aboveReady === undefined) return ['', '', ''];
  const times = cpu(ours) / cpu(ready);
  return [`× ${times.toFixed(2)}`, `≤ × ${aboveReady}`, met(times <= aboveReady)];
}

export const met = (yes: boolean) => (yes ? 'met' : 'missed');

/** A table in Markdown, also readable as it is. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]!.length), title.length, 3),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column < LEFT ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column < LEFT ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
