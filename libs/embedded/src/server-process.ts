import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
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

/** Starts `command`, which serves `data`, under a supervisor, with its output in `log`. Rejects with the output on failure. */
export async function startServerProcess(
  command: string[],
  data: string,
  log: string,
  lock: number,
): Promise<ServerProcess> {
  const supervisor = spawnSupervisor(command, log, lock);
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
    throw new Error(`PostgreSQL did not start: ${(await readFile(log, 'utf8')).trim()}`, { cause });
  }
  // The connection must not keep an app alive that exits without stop(); the supervisor stops the server.
  supervisor.unref();
  return { pid, exited, stop };
}

/** Returns the app's end of the pipe to a new supervisor. */
function spawnSupervisor(command: string[], log: string, lock: number): Socket {
  const output = openSync(log, 'w', 0o600);
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
