import { setTimeout as pause } from 'node:timers/promises';
import { logStoreSettings } from '@tearline/logs';
import { script, wholeNumber } from '@tearline/process';
import { readSettings } from '@tearline/settings';
import type { LogsContext } from '../context.js';
import type { Segment } from '../store/segment.js';
import { lineText } from './line-text.js';
import { LogReader } from './log-reader.js';
import { levelOf, refuseContradictions, timeOf, traceId } from './options.js';
import { conditionOf, type Criteria } from './query.js';

const DEFAULT_LIMIT = 1_000;
const FOLLOW_INTERVAL_MS = 500;

type Show = (rows: readonly Record<string, unknown>[]) => void;

interface SearchOptions extends Omit<Criteria, 'since'> {
  readonly since?: Date;
  readonly limit?: number;
  readonly follow?: true;
  readonly json?: true;
  readonly sql?: string;
}

export const searchCommand = (context: LogsContext) =>
  script('search', context)
    .summary('finds lines in the store')
    .description(
      `Finds lines in the store of LOGS_DIR, the newest ones, and prints them in the order of their times. All conditions must hold.`,
    )
    .option(
      '--since <time>',
      'from this time on: 15m, 2h, 3d, or 2026-11-30T05:00:00Z; 15m by default',
      timeOf,
    )
    .option('--until <time>', 'before this time', timeOf)
    .option('--trace <id>', 'of this trace', traceId)
    .option('--request <id>', 'of this request')
    .option(
      '--level <level>',
      'of this level or a higher one: trace, debug, info, warn, error or fatal',
      levelOf,
    )
    .option('--module <module>', 'about this module, or of the host that runs it alone')
    .option('--text <text>', 'with this text')
    .option('--limit <count>', `as many at most; ${DEFAULT_LIMIT} by default`, wholeNumber(1, 1_000_000))
    .option('--follow', 'goes on with lines as they arrive, until it is interrupted')
    .option('--json', 'prints the lines as they were logged, with process, sequence and service')
    .option(
      '--sql <query>',
      'runs a query of the view logs instead, with --since alone; prints its rows as JSON',
    )
    .addHelpText(
      'after',
      `
Columns of logs: time (UTC), level, process, sequence, service, module, request_id, trace_id, msg, stream_sequence, line.

  npm run logs -- search --since 1h --level error --module articles
  npm run logs -- search --sql "select module, count(*) from logs where level >= 50 group by all" --since 1d`,
    )
    .action(async (options: SearchOptions) => {
      refuseContradictions({ ...options });
      const reader = await LogReader.open(readSettings(logStoreSettings, context.env).LOGS_DIR);
      try {
        const since = options.since ?? timeOf('15m');
        if (options.sql === undefined) await search(reader, { ...options, since }, context);
        else await runSql(reader, options.sql, since, context);
      } finally {
        reader.close();
      }
    });

async function runSql(reader: LogReader, sql: string, since: Date, { print }: LogsContext): Promise<void> {
  await reader.assertQuery(sql);
  const rows = await reader.query(sql, () => reader.segments(since));
  for (const row of rows) print(`${JSON.stringify(row)}\n`);
}

async function search(
  reader: LogReader,
  options: SearchOptions & { readonly since: Date },
  { print, note, signal }: LogsContext,
): Promise<void> {
  const { limit = DEFAULT_LIMIT, json, follow } = options;
  const condition = conditionOf(options);
  const show: Show = (rows) => {
    for (const { line } of rows) print(`${json ? (line as string) : lineText(line as string)}\n`);
  };
  let read: readonly Segment[] = [];
  const columns = 'line, time, process, sequence';
  const newest = `select ${columns} from logs where ${condition}
    order by time desc, process desc, sequence desc limit ${limit + 1}`;
  const found = await reader.query(newest, async () => (read = await reader.segments(options.since)));
  if (found.length > limit) note(`More lines match; these are the newest ${limit}. --limit shows more.`);
  show(found.slice(0, limit).toReversed());
  if (follow) await followFrom(read.at(-1), reader, options.since, { condition, show, signal });
}

/** Shows lines of segments behind this one, until the signal. */
async function followFrom(
  last: Segment | undefined,
  reader: LogReader,
  since: Date,
  { condition, show, signal }: { condition: string; show: Show; signal: AbortSignal },
): Promise<void> {
  for (let shown = last; !signal.aborted;) {
    await pause(FOLLOW_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    const epochs = new Set((await reader.segments(since)).map(({ epoch }) => epoch));
    for (const epoch of [...epochs].filter((each) => each >= (shown?.epoch ?? 0))) {
      const from = shown?.epoch === epoch ? shown.last : 0;
      let read: readonly Segment[] = [];
      const segments = async () =>
        (read = (await reader.segments(since)).filter((each) => each.epoch === epoch && each.last > from));
      // A merged segment has lines that were shown.
      const query = `select line from logs where ${condition} and stream_sequence > ${from} order by time, process, sequence`;
      show(await reader.query(query, segments));
      shown = read.at(-1) ?? shown;
    }
  }
}
