import type { Logs } from './logging/logs.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** What the modules have to close in, after the requests are done. */
const GRACE_MS = 5_000;
/** A terminal signals everybody, and npm and the Nest CLI pass on what they get: that is still one signal. */
const ECHO_MS = 500;

/** How to end, and how long that may take. */
export interface Ending {
  /** Takes everything apart; resolves with whether every request was answered. */
  close: () => Promise<boolean>;
  /** Milliseconds that requests have to finish. */
  timeout: number;
  logs: Logs;
}

/**
 * Ties the process to a host. A signal closes the host and exits: with 0, or with 1 when requests were cut off, closing
 * failed or took too long. A second signal exits at once (the same one only half a second later: until then it is an
 * echo of the first), and so does an error that nobody caught.
 * @returns a function that unties them
 */
export function endWithProcess({ close, timeout, logs }: Ending): () => void {
  let first: { signal: NodeJS.Signals; at: number } | undefined;
  const exit = (code: number) => {
    logs.flush();
    process.exit(code);
  };
  const end = (signal: NodeJS.Signals) => {
    if (first) {
      const isEcho = signal === first.signal && performance.now() - first.at < ECHO_MS;
      if (!isEcho) exit(1);
      return;
    }
    first = { signal, at: performance.now() };
    logs.application.info({ signal }, 'closing');
    setTimeout(() => {
      logs.application.fatal('closing took too long');
      exit(1);
    }, timeout + GRACE_MS).unref();
    close().then(
      (isClean) => exit(isClean ? 0 : 1),
      (error: unknown) => {
        logs.application.fatal({ err: error }, 'closing failed');
        exit(1);
      },
    );
  };
  const crash = (error: unknown) => {
    logs.application.fatal({ err: error }, 'nobody caught an error');
    exit(1);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  process.on('uncaughtException', crash);
  return () => {
    for (const signal of SIGNALS) process.off(signal, end);
    process.off('uncaughtException', crash);
  };
}
