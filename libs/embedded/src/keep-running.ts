import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresServer } from './postgres-server.js';

const MIN_PAUSE_MS = 100;
/** Of a server that another one may replace: time to promote that one. */
const MIN_PAUSE_BEFORE_FAILBACK_MS = 2_000;
const MAX_PAUSE_MS = 5_000;
/** A server that ran for this long begins with the shortest pause again. */
const STABLE_AFTER_MS = 10_000;
const GIVE_UP_AFTER_MS = 60_000;

export interface RestartOptions {
  /** Called when a server has not started for a while, other than for want of disk space. */
  readonly onGivenUp: (error: Error) => void;
  /** Default 60,000. */
  readonly giveUpAfterMs?: number;
}

export interface KeepRunningOptions extends RestartOptions {
  /** Names the server in log lines. */
  readonly name: string;
  readonly log: (line: string) => void;
  /** Returns why the server must not run any more, e.g. because another one has taken its place. */
  readonly reasonToStayDown?: () => Promise<string | undefined>;
}

/** Starts a server again whenever it ends by itself, with growing pauses, until it is stopped on purpose. */
export async function keepRunning(server: PostgresServer, options: KeepRunningOptions): Promise<void> {
  const { name, log } = options;
  const minPause = options.reasonToStayDown ? MIN_PAUSE_BEFORE_FAILBACK_MS : MIN_PAUSE_MS;
  let pause = minPause;
  for (;;) {
    const startedAt = Date.now();
    await server.exited;
    if (server.isStopped) return;
    if (Date.now() - startedAt > STABLE_AFTER_MS) pause = minPause;
    log(`${name} has ended unexpectedly; see ${server.options.paths.log}`);
    if (!(await restart(server, options, pause))) return;
    log(`${name} is ready again on 127.0.0.1:${server.port} (pid ${server.pid})`);
    pause = Math.min(2 * pause, MAX_PAUSE_MS);
  }
}

/** Returns whether the server runs again. */
async function restart(server: PostgresServer, options: KeepRunningOptions, first: number): Promise<boolean> {
  const {
    name,
    log,
    onGivenUp,
    giveUpAfterMs = GIVE_UP_AFTER_MS,
    reasonToStayDown = async () => undefined,
  } = options;
  const isReplaced = async () => {
    const reason = await reasonToStayDown();
    if (reason !== undefined) log(`${name} stays down: ${reason}`);
    return reason !== undefined;
  };
  const giveUpAt = Date.now() + giveUpAfterMs;
  const path = server.options.paths.log;
  let logged: string | undefined;
  for (let pause = first; ; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
    await delay(pause);
    if (server.isStopped || (await isReplaced())) return false;
    try {
      await server.start();
      // It may have been replaced while it started.
      if (!(await isReplaced())) return true;
      await server.stop();
      return false;
    } catch (error) {
      if (server.isStopped) return false;
      const reason = reasonOf(error as Error);
      // A full disk may have room again at any time.
      if (Date.now() > giveUpAt && !reason.includes('No space left on device')) {
        onGivenUp(new Error(`${name} has ended and does not start again: ${reason}; see ${path}`));
        return false;
      }
      if (reason !== logged) log(`${name} does not start again yet: ${reason}`);
      logged = reason;
    }
  }
}

/** The last error in PostgreSQL's output, which is the cause; else all of it. */
function reasonOf({ message }: Error): string {
  return (
    message.match(/(?<=(?:FATAL|PANIC|ERROR): +).*/g)?.at(-1) ??
    message.replace('PostgreSQL did not start: ', '').replaceAll(/\s+/g, ' ')
  );
}
