import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GuardianStdio } from './guardian.js';
import { readPostmaster, until } from './processes.js';
import { plainEnvironment } from './run.js';

/** A PostgreSQL that accepts connections. */
export interface Server {
  readonly pid: number;
  /** Settles when the server is gone, whoever stopped it. */
  readonly gone: Promise<void>;
  readonly stop: () => Promise<void>;
}

const START_MS = 120_000;
// Beside this file, and with its extension: .ts in the sources, .js when built.
const GUARDIAN = fileURLToPath(new URL(`guardian${extname(import.meta.url)}`, import.meta.url));

/** Has a guardian run `command`, which serves `data`, with what it prints in `log`; rejects with that when it does not start. */
export async function startServer(
  command: string[],
  data: string,
  log: string,
  lock: number,
): Promise<Server> {
  const guardian = spawnGuardian(command, log, lock);
  let pid: number | undefined;
  let left = false;
  let cause: Error | undefined;
  guardian.once('data', (line: Buffer) => (pid = Number.parseInt(line.toString(), 10)));
  guardian.on('error', (error) => (cause = error)); // 'close' follows
  const gone = new Promise<void>((resolve) => guardian.once('close', resolve)).then(() => void (left = true));

  const stop = () => {
    guardian.ref().end();
    return gone;
  };
  const ready = async () => {
    const postmaster = await readPostmaster(data);
    return left || (postmaster !== undefined && postmaster.ready && postmaster.pid === pid);
  };
  const inTime = await until(ready, START_MS, 10);
  if (left || !inTime || pid === undefined) {
    await stop();
    throw new Error(`PostgreSQL did not start: ${(await readFile(log, 'utf8')).trim()}`, { cause });
  }
  // An app that ends without stop() shall end: the guardian sees to the rest.
  guardian.unref();
  return { pid, gone, stop };
}

/** Our end of the pipe to a new guardian. */
function spawnGuardian(command: string[], log: string, lock: number): Socket {
  const output = openSync(log, 'w', 0o600);
  try {
    // The shell leaves at once, so that the guardian is nobody's child: `nest start --watch` stops an app by signalling
    // every descendant, and would take the database from an app that is still draining.
    const shell = spawn('/bin/sh', ['-c', '"$@" &', 'sh', process.execPath, GUARDIAN, ...command], {
      cwd: '/',
      env: plainEnvironment(),
      detached: true,
      stdio: ['ignore', output, output, 'pipe', lock] satisfies GuardianStdio,
    });
    const guardian = shell.stdio[3] as Socket;
    shell.once('error', (error) => guardian.destroy(error)).unref();
    return guardian;
  } finally {
    closeSync(output);
  }
}
