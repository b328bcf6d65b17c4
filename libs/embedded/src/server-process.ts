import { spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SupervisorStdio } from './supervisor.js';
import { readPostmaster, pollUntil } from './processes.js';
import { minimalEnvironment } from './run.js';

/** A PostgreSQL that accepts connections. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the server has exited for any reason. */
  readonly exited: Promise<void>;
  readonly stop: () => Promise<void>;
}

const START_TIMEOUT_MS = 120_000;
// Beside this file, and with its extension: .ts in the sources, .js when built.
const SUPERVISOR = fileURLToPath(new URL(`supervisor${extname(import.meta.url)}`, import.meta.url));

export interface ServerProcessOptions {
  /** The data directory. */
  readonly data: string;
  /** The file for its output. */
  readonly log: string;
  /** Whether the file keeps the output of an earlier process, which says why that one ended. */
  readonly appends: boolean;
  /** The descriptor of the folder lock. */
  readonly lock: number;
}

/** Starts the command of a server under a supervisor. Rejects with its output on failure. */
export async function startServerProcess(
  command: string[],
  { data, log, appends, lock }: ServerProcessOptions,
): Promise<ServerProcess> {
  const start = appends ? (statSync(log, { throwIfNoEntry: false })?.size ?? 0) : 0;
  const supervisor = spawnSupervisor(command, openSync(log, appends ? 'a' : 'w', 0o600), lock);
  let pid: number | undefined;
  let hasExited = false;
  let cause: Error | undefined;
  supervisor.once('data', (line: Buffer) => (pid = Number.parseInt(line.toString(), 10)));
  supervisor.on('error', (error) => (cause = error)); // 'close' follows
  const exited = new Promise<void>((resolve) => supervisor.once('close', resolve)).then(
    () => void (hasExited = true),
  );

  const stop = () => {
    supervisor.ref().end();
    return exited;
  };
  const ready = async () => {
    const postmaster = await readPostmaster(data);
    return hasExited || (postmaster !== undefined && postmaster.ready && postmaster.pid === pid);
  };
  const inTime = await pollUntil(ready, START_TIMEOUT_MS, 10);
  if (hasExited || !inTime || pid === undefined) {
    await stop();
    const output = (await readFile(log)).subarray(start).toString().trim();
    throw new Error(`PostgreSQL did not start: ${output}`, { cause });
  }
  // The connection must not keep an app alive that exits without stop(); the supervisor stops the server.
  supervisor.unref();
  return { pid, exited, stop };
}

/** Returns the app's end of the pipe to a new supervisor. @param output a descriptor, which it closes */
function spawnSupervisor(command: string[], output: number, lock: number): Socket {
  try {
    // The shell exits at once, so that the supervisor is no descendant of the app: `nest start --watch` signals every
    // descendant, and would stop the database of an app that is draining.
    const shell = spawn('/bin/sh', ['-c', '"$@" &', 'sh', process.execPath, SUPERVISOR, ...command], {
      cwd: '/',
      env: minimalEnvironment(),
      detached: true,
      stdio: ['ignore', output, output, 'pipe', lock] satisfies SupervisorStdio,
    });
    const supervisor = shell.stdio[3] as Socket;
    shell.once('error', (error) => supervisor.destroy(error)).unref();
    return supervisor;
  } finally {
    closeSync(output);
  }
}
