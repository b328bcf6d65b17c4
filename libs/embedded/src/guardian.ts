/**
 * The process between an app and its PostgreSQL. It runs the command in its arguments and stops it when its parent leaves,
 * which it learns from a pipe, so also after a crash or kill -9. It is out of the parent's session and process tree:
 * Ctrl-C and a killed tree reach the app, which drains while the database is still there.
 *
 * Started from the sources (tests) it runs as it is, types stripped: erasable syntax only, no imports of other sources.
 */
import { spawn } from 'node:child_process';
import { closeSync, ftruncateSync } from 'node:fs';
import { Socket } from 'node:net';

/** What the parent opens for it. */
export type GuardianStdio = [stdin: 'ignore', stdout: number, stderr: number, parent: 'pipe', lock: number];

const PARENT_FD = 3;
const LOCK_FD = 4;

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => undefined);

const [command, ...args] = process.argv.slice(2) as [string, ...string[]];
// Half open: the parent takes our end of the pipe for the end of PostgreSQL.
const parent = new Socket({ fd: PARENT_FD, allowHalfOpen: true });
const postgres = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });

postgres.once('error', leave).once('exit', () => leave());
if (postgres.pid) parent.write(`${postgres.pid}\n`);
parent.once('end', stop).once('error', stop).resume();

function stop(): void {
  postgres.kill('SIGINT');
  setTimeout(() => postgres.kill('SIGQUIT'), 60_000);
  setTimeout(() => postgres.kill('SIGKILL'), 70_000);
}

function leave(error?: Error): void {
  if (error) process.stderr.write(`${error.message}\n`);
  // Before the pipe closes, so that the folder is free when the parent hears of it.
  ftruncateSync(LOCK_FD);
  closeSync(LOCK_FD);
  process.exit();
}
