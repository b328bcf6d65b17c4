import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A server that runs as a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  /** The fields of the line that it logged when it listened. */
  readonly listening: Readonly<Record<string, unknown>>;
  /** Milliseconds from its start to that line. */
  readonly startedWithin: number;
  readonly stop: () => Promise<void>;
}

export interface ServerOptions {
  /** The built entry and its arguments, behind any options of Node's own. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A file for what it writes. */
  readonly log: string;
  readonly core: number | undefined;
}

const PATIENCE_MS = 60_000;

/** Starts a server, which says in JSON that it is `listening` and at which `url`. */
export async function startServer({ command, env, log, core }: ServerOptions): Promise<ServerProcess> {
  const pinned = core === undefined ? [] : ['taskset', '-c', `${core}`];
  const [program, ...args] = [...pinned, process.execPath, ...command];
  const started = performance.now();
  const output = openSync(log, 'w');
  const child = spawn(program!, args, {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const ended = once(child, 'exit');
  ended.catch(() => undefined); // 'exit' below tells
  try {
    const listening = await listeningLine(child, log);
    const stop = () => end(child, ended);
    return {
      pid: child.pid!,
      url: String(listening['url']),
      listening,
      startedWithin: performance.now() - started,
      stop,
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${command.join(' ')}: ${String(error)}\n${readFileSync(log, 'utf8').slice(-4_000)}`, {
      cause: error,
    });
  }
}

async function listeningLine(child: ChildProcess, log: string): Promise<Record<string, unknown>> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const line = readFileSync(log, 'utf8')
      .split('\n')
      .find((text) => text.includes('"msg":"listening"') && text.endsWith('}'));
    if (line) return JSON.parse(line) as Record<string, unknown>;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('ended before it listened');
    await delay(10);
  }
  throw new Error('did not listen in time');
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const inTime = await Promise.race([ended.then(() => true), delay(15_000, false, { ref: false })]);
  if (inTime) return;
  child.kill('SIGKILL');
  await ended;
}
