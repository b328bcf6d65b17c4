import { setTimeout as pause } from 'node:timers/promises';
import { connectToStream, logStoreSettings, type LogStoreSettings, logStreamSettings } from '@tearline/logs';
import { script, UsageError } from '@tearline/process';
import { readSettings } from '@tearline/settings';
import { pino } from 'pino';
import type { LogsContext } from '../context.js';
import { Store } from './store.js';
import { moveLines, type Report } from './stream-reader.js';

const RETRY_INTERVAL_MS = 1_000;
const MAINTENANCE_INTERVAL_MS = 60_000;
const MIB = 1_048_576;

export const serveCommand = (context: LogsContext) =>
  script('serve', context)
    .summary('stores the lines that arrive in the stream')
    .description(
      `Stores the lines that hosts with LOGS_URL send: reads them from the stream, and writes them as Parquet files into LOGS_DIR. Creates the
stream. Deletes lines after LOGS_RETENTION_DAYS, and the oldest ones beyond LOGS_RETENTION_MIB. One process can write a store.`,
    )
    .action(async () => {
      const settings = readSettings(
        { ...logStoreSettings, LOGS_URL: logStreamSettings.LOGS_URL },
        context.env,
      );
      const { LOGS_URL: url, LOGS_DIR: dir } = settings;
      if (url === undefined)
        throw new UsageError(
          'LOGS_URL: expected the NATS server that hosts send their log to, but it is not set',
        );
      const report = reportTo(context);
      const store = await Store.open(dir);
      const maintenance = maintainEvery(store, settings, report);
      try {
        report('info', 'storing', { dir });
        await untilAborted(context.signal, () => serve(url, store, settings, { ...context, report }), report);
      } finally {
        clearInterval(maintenance.timer);
        await maintenance.idle();
        store.close();
      }
    });

async function serve(
  url: string,
  store: Store,
  settings: LogStoreSettings,
  { signal, report }: { signal: AbortSignal; report: Report },
): Promise<void> {
  const client = await connectToStream(url, 'store');
  try {
    report('info', 'connected', { server: client.connection.getServer() });
    await moveLines(client, store, { maxBytes: settings.LOGS_STREAM_MIB * MIB, signal, report });
  } finally {
    await client.connection.close();
  }
}

/** Runs the work again when it fails. */
async function untilAborted(signal: AbortSignal, work: () => Promise<void>, report: Report): Promise<void> {
  let last = '';
  while (!signal.aborted) {
    try {
      await work();
      last = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== last)
        report('warn', 'the stream or the store fails; trying again', { reason: message });
      last = message;
      await pause(RETRY_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Maintains the store now and then, one run at a time. */
function maintainEvery(store: Store, settings: LogStoreSettings, report: Report) {
  const retention = { days: settings.LOGS_RETENTION_DAYS, bytes: settings.LOGS_RETENTION_MIB * MIB };
  let running = Promise.resolve();
  let isRunning = false;
  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    try {
      await store.maintain(retention);
    } catch (error) {
      report('warn', 'the store could not be maintained', { reason: (error as Error).message });
    }
    isRunning = false;
  };
  const start = () => (running = run());
  void start();
  return { timer: setInterval(() => void start(), MAINTENANCE_INTERVAL_MS), idle: () => running };
}

/** Writes lines in the form of the hosts'. */
function reportTo({ print }: LogsContext): Report {
  const log = pino({ base: { pid: process.pid } }, { write: print });
  return (level, message, fields = {}) => log[level](fields, message);
}
