import type { Logs } from './logging/logs.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** Time for the modules to close, after the requests have finished. */
const GRACE_PERIOD_MS = 5_000;
/** A terminal signals the whole process group, and npm and the Nest CLI forward the signal: duplicates count as one. */
const DUPLICATE_SIGNAL_MS = 500;

/** Options for shutting a process down. */
export interface ProcessShutdownOptions {
  /** Closes the host; resolves with whether every request was answered. */
  close: () => Promise<boolean>;
  /** Milliseconds that requests have to finish. */
  timeout: number;
  logs: Logs;
}

/**
 * Handles the signals of the process. The first one closes the host and exits: with `process.exitCode`, or with 1 if requests were
 * cut off, or closing failed or timed out. A second signal exits at once; the same signal counts as a second one only
 * after half a second. An uncaught exception exits at once too.
 * @returns a function that removes the handlers
 */
export function handleProcessSignals({ close, timeout, logs }: ProcessShutdownOptions): () => void {
  let first: { signal: NodeJS.Signals; at: number } | undefined;
  const exit = (code: number) => {
    logs.flush();
    process.exit(code);
  };
  const shutDown = (signal: NodeJS.Signals) => {
    if (first) {
      const isDuplicate = signal === first.signal && performance.now() - first.at < DUPLICATE_SIGNAL_MS;
      if (!isDuplicate) exit(1);
      return;
    }
    first = { signal, at: performance.now() };
    logs.application.info({ signal }, 'closing');
    setTimeout(() => {
      logs.application.fatal('closing timed out');
      exit(1);
    }, timeout + GRACE_PERIOD_MS).unref();
    close().then(
      (isClean) => exit(isClean ? Number(process.exitCode ?? 0) : 1),
      (error: unknown) => {
        logs.application.fatal({ err: error }, 'closing failed');
        exit(1);
      },
    );
  };
  const crash = (error: unknown) => {
    try {
      logs.application.fatal({ err: error }, 'uncaught exception');
    } finally {
      exit(1);
    }
  };
  for (const signal of SIGNALS) process.on(signal, shutDown);
  process.on('uncaughtException', crash);
  return () => {
    for (const signal of SIGNALS) process.off(signal, shutDown);
    process.off('uncaughtException', crash);
  };
}
