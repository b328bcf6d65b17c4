import { Counter, Gauge, type Registry } from 'prom-client';
import type { Logs } from '../logging/logs.js';

/** Registers how many lines of the log were lost on each way, and how much of it waits on the disk. */
export function registerLogMetrics(registry: Registry, logs: Logs): void {
  const { stream } = logs;
  counter(registry, 'log_lines_lost_total', 'Lines of the log that standard output did not take.', () =>
    logs.lost(),
  );
  if (!stream) return;
  const name = 'log_stream_lines_dropped_total';
  counter(
    registry,
    name,
    'Lines of the log that were dropped on their way to the stream.',
    () => stream.dropped,
  );
  gauge(
    registry,
    'log_spool_bytes',
    'Lines of the log that wait on the disk until the stream takes them.',
    () => stream.spooledBytes,
  );
  gauge(registry, 'log_stream_up', 'Whether the stream takes lines of the log.', () =>
    stream.isAway ? 0 : 1,
  );
}

function gauge(registry: Registry, name: string, help: string, valueOf: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(valueOf());
    },
  });
}

function counter(registry: Registry, name: string, help: string, valueOf: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(valueOf());
    },
  });
}
