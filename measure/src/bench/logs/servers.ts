import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts, isNatsReady } from '@tearline/process';
import { stopProcess } from '../../kit/server-process.js';
import { subfolder } from '../../kit/temporary-dir.js';

const SOURCE = fileURLToPath(new URL('line-source.js', import.meta.url));
const LOGS = fileURLToPath(new URL('../../../../apps/logs/src/main.js', import.meta.url));
const START_TIMEOUT_MS = 30_000;

/** A NATS server, the process that writes the store, and the folders of both. */
export interface LogServers {
  readonly nats: number;
  readonly store: number;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a private NATS server and a store. The cleanup stops them. */
export async function startLogServers(dir: string, cleanup: AsyncDisposableStack): Promise<LogServers> {
  const [port] = await freePorts(1);
  const nats = spawn(
    'nats-server',
    ['-js', '-sd', await subfolder(dir, 'nats'), '-a', '127.0.0.1', '-p', `${port}`],
    { stdio: 'ignore' },
  );
  cleanup.defer(() => stopProcess(nats));
  const failed = once(nats, 'error').then(([error]) => Promise.reject(error as Error));
  await Promise.race([untilListening(port!), failed]);
  const env = {
    LOGS_URL: `nats://127.0.0.1:${port}`,
    LOGS_DIR: await subfolder(dir, 'store'),
    LOGS_SPOOL_DIR: await subfolder(dir, 'spool'),
    LOGS_SPOOL_MIB: '8192',
    LOGS_STREAM_MIB: '8192',
  };
  const store = spawn(process.execPath, [LOGS, 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  cleanup.defer(() => stopProcess(store));
  await once(store.stdout, 'data');
  store.stdout.resume();
  return { nats: nats.pid!, store: store.pid!, env };
}

/** Starts a process that logs. The cleanup stops it. */
export function startSource(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
  cleanup: AsyncDisposableStack,
): ChildProcess {
  const child = fork(SOURCE, args, { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  cleanup.defer(() => stopProcess(child));
  return child;
}

/** Runs `npm run logs -- search`. @returns what it prints, and the seconds that the whole process takes */
export async function searchLogs(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<{ printed: string; seconds: number }> {
  const start = performance.now();
  const child = spawn(process.execPath, [LOGS, 'search', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [printed, noted] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
  child.stderr.on('data', (text: Buffer) => (noted += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`search ${args.join(' ')}: ${noted}`);
  return { printed, seconds: (performance.now() - start) / 1000 };
}

async function untilListening(port: number): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await isNatsReady(port))) {
    if (performance.now() > deadline) throw new Error('nats-server does not start');
    await pause(50);
  }
}
