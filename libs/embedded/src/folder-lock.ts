import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { FolderPaths } from './folder-paths.js';
import { isAlive } from './processes.js';
import { run } from './run.js';

/** The processes that use the folder: the app and, once it accepts connections, the server. */
export interface LockHolder {
  readonly app: number;
  readonly postgres?: number;
  readonly port?: number;
}

/**
 * An exclusive lock on a folder. The kernel holds it while a process has `fd` open, so a lock is never stale. The
 * supervisor inherits `fd`.
 */
export interface FolderLock {
  readonly fd: number;
  writeHolder(holder: LockHolder): void;
  /** Closes this process's descriptor; a supervisor that has inherited it keeps the lock. */
  release(): void;
}

const LOCK_TIMEOUT_MS = 60_000;
/** A killed supervisor holds the lock until the kernel has reaped it. */
const GRACE_PERIOD_MS = 250;

/**
 * Locks a folder. Waits while another process starts or stops a server there.
 * @throws Error when a server runs there, with `advice` as the last sentence of the message
 */
export async function lockFolder({ dir, lock }: FolderPaths, advice: string): Promise<FolderLock> {
  const start = performance.now();
  for (;;) {
    const fd = await tryLock(lock).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EACCES') throw error;
      throw new Error(`${lock} belongs to another user. Run as that user, or remove ${dir}.`, {
        cause: error,
      });
    });
    if (fd !== undefined) return lockOn(fd);
    const holder = readLockHolder(lock);
    const served = holder?.postgres !== undefined && isAlive(holder.app);
    if (performance.now() - start > (served ? GRACE_PERIOD_MS : LOCK_TIMEOUT_MS)) {
      throw new Error(`An embedded PostgreSQL is already running in ${dir}${describe(holder)}. ${advice}`);
    }
    await delay(50);
  }
}

function lockOn(fd: number): FolderLock {
  const writeHolder = (holder: LockHolder) => {
    ftruncateSync(fd);
    writeSync(fd, JSON.stringify(holder), 0);
  };
  writeHolder({ app: process.pid });
  return { fd, writeHolder, release: () => closeSync(fd) };
}

async function tryLock(path: string): Promise<number | undefined> {
  if (process.platform === 'linux') return tryFlock(path);
  // O_EXLOCK, which Node does not name, makes macOS's open() take the same lock by itself.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | 0x20;
  try {
    return openSync(path, flags, 0o644);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}

/** Node has no flock(2). The command locks the inherited descriptor, which stays locked after the command. */
async function tryFlock(path: string): Promise<number | undefined> {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    const { code, output } = await run(['flock', '--exclusive', '--nonblock', '3'], { fd });
    if (code === 0) return fd;
    if (code !== 1 || output) throw new Error(`Cannot lock ${path}: ${output}`);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return undefined;
}

/** Reads the last holder; undefined when there is none, or while the file is being written. */
export function readLockHolder(path: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockHolder;
  } catch {
    return undefined;
  }
}

function describe(holder: LockHolder | undefined): string {
  if (!holder) return '';
  const { app, postgres, port } = holder;
  return postgres
    ? ` (pid ${postgres}, port ${port}; started by process ${app})`
    : ` (being started by process ${app})`;
}
