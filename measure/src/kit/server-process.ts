import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isReady } from '@tearline/process';

/** A server in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  /** The fields of the line that it logged when it listened. */
  readonly listening: Readonly<Record<string, unknown>>;
  /** Milliseconds from the start of the process to that line. */
  readonly startupMs: number;
  readonly stop: () => Promise<void>;
}

export interface ServerOptions {
  /** The built entry point, which Node.js runs; or a program that is not in Node.js, with its arguments. */
  readonly entry: string | readonly [program: string, ...args: string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file for its output. */
  readonly log: string;
  /** The core that it runs on; any by default. */
  readonly core?: string | undefined;
  /** A file for a CPU profile, which Node writes when the process ends. */
  readonly profile?: string | undefined;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

/** Starts a server that logs `listening` and its `url` as JSON. The cleanup stops it. */
export async function startServer(
  options: ServerOptions,
  cleanup: AsyncDisposableStack,
): Promise<ServerProcess> {
  const { entry, env, log, core, profile } = options;
  const command: [string, ...string[]] =
    typeof entry === 'string' ? [process.execPath, ...profilingOptions(profile), entry] : [...entry];
  const [program, ...args] = onCores(core, ...command);
  const started = performance.now();
  const output = openSync(log, 'w');
  const child = spawn(program, args, {
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '0',
      WRITES_PER_MINUTE: '1000000',
      ...env,
    },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  child.on('error', () => undefined); // untilListening() reports it
  try {
    const listening = await untilListening(child, log);
    const startupMs = performance.now() - started;
    const stop = () => stopProcess(child);
    cleanup.defer(stop);
    return { pid: child.pid!, url: String(listening['url']), listening, startupMs, stop };
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${String(entry)}: ${String(error)}\n${readFileSync(log, 'utf8').slice(-4_000)}`, {
      cause: error,
    });
  }
}

/** Returns a command that runs on these cores; anywhere when they are undefined. */
export const onCores = (cores: string | undefined, ...command: [string, ...string[]]): typeof command =>
  cores === undefined ? command : ['taskset', '-c', cores, ...command];

function profilingOptions(file: string | undefined): string[] {
  if (file === undefined) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${dirname(file)}`, `--cpu-prof-name=${basename(file)}`];
}

async function untilListening(child: ChildProcess, log: string): Promise<Record<string, unknown>> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const line = readFileSync(log, 'utf8')
      .split('\n')
      .find((text) => text.includes('"msg":"listening"') && text.endsWith('}'));
    if (line) return JSON.parse(line) as Record<string, unknown>;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('exited before it listened');
    await delay(10);
  }
  throw new Error(`did not listen within ${START_TIMEOUT_MS / 1000} s`);
}

/** Waits until the hosts answer through a proxy. @param child its process */
export async function untilReady(name: string, url: string, child: ChildProcess): Promise<void> {
  for (const until = performance.now() + START_TIMEOUT_MS; !(await isReady(url)); await delay(20))
    if (child.exitCode !== null || performance.now() > until) throw new Error(`${name} did not start`);
}

/** Ends a process, by force after 15 seconds. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  const killing = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(killing);
}
