/**
 * Entry point of the process between an app and its PostgreSQL. It runs the command in its arguments, and stops it when
 * the pipe to the app closes, which also happens after a crash or kill -9. It is outside of the app's session and process
 * tree: Ctrl-C and signals to the tree reach only the app, which drains while the database is available.
 *
 * In tests Node runs the source with type stripping: erasable syntax only, no imports of other sources.
 */
import { spawn } from 'node:child_process';
import { closeSync, ftruncateSync } from 'node:fs';
import { Socket } from 'node:net';

/** The file descriptors that the app opens for it. */
export type SupervisorStdio = [stdin: 'ignore', stdout: number, stderr: number, parent: 'pipe', lock: number];

const PARENT_FD = 3;
const LOCK_FD = 4;

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => undefined);

const [command, ...args] = process.argv.slice(2) as [string, ...string[]];
// Half open: to the app, the end of the pipe means the end of PostgreSQL.
const parent = new Socket({ fd: PARENT_FD, allowHalfOpen: true });
const postgres = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });

postgres.once('error', exit).once('exit', () => exit());
if (postgres.pid) parent.write(`${postgres.pid}\n`);
parent.once('end', stop).once('error', stop).resume();

function stop(): void {
  postgres.kill('SIGINT');
  setTimeout(() => postgres.kill('SIGQUIT'), 60_000);
  setTimeout(() => postgres.kill('SIGKILL'), 70_000);
}

function exit(error?: Error): void {
  if (error) process.stderr.write(`${error.message}\n`);
  // Before the pipe closes, so that the folder is free when the app notices.
  ftruncateSync(LOCK_FD);
  closeSync(LOCK_FD);
  process.exit();
}
