import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Paths } from './paths.js';
import { isAlive } from './processes.js';
import { run } from './run.js';

/** Who uses the folder: the process that asked for the server and, once it accepts connections, the server. */
export interface Holder {
  readonly app: number;
  readonly postgres?: number;
  readonly port?: number;
}

/**
 * The right to use a folder. The kernel keeps it for as long as a process has `fd` open and drops it with the last of them,
 * however that one ended, so a lock is never stale: the guardian inherits `fd`.
 */
export interface FolderLock {
  readonly fd: number;
  announce(holder: Holder): void;
  /** Gives up our own descriptor; a guardian that has inherited it keeps the lock. */
  release(): void;
}

const PATIENCE_MS = 60_000;
/** A guardian that was killed keeps the lock until the kernel has buried it. */
const GRACE_MS = 250;

/**
 * Waits while the folder's last user is starting or stopping; refuses when it is served by a live one, with `advice` as the
 * message's last sentence.
 */
export async function lockFolder({ dir, lock }: Paths, advice: string): Promise<FolderLock> {
  const start = Date.now();
  for (;;) {
    const fd = await tryLock(lock).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EACCES') throw error;
      throw new Error(`${lock} belongs to another user. Run as that user, or remove ${dir}.`, {
        cause: error,
      });
    });
    if (fd !== undefined) return lockOn(fd);
    const holder = readHolder(lock);
    const served = holder?.postgres !== undefined && isAlive(holder.app);
    if (Date.now() - start > (served ? GRACE_MS : PATIENCE_MS)) {
      throw new Error(`An embedded PostgreSQL is already running in ${dir}${describe(holder)}. ${advice}`);
    }
    await delay(50);
  }
}

function lockOn(fd: number): FolderLock {
  const announce = (holder: Holder) => {
    ftruncateSync(fd);
    writeSync(fd, JSON.stringify(holder), 0);
  };
  announce({ app: process.pid });
  return { fd, announce, release: () => closeSync(fd) };
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

/** Node has no flock(2). The command takes it on our descriptor, where it stays when the command has ended. */
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

/** What the lock's last owner said; undefined when it has left, or says it just now. */
export function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined; // being written
  }
}

function describe(holder: Holder | undefined): string {
  if (!holder) return '';
  const { app, postgres, port } = holder;
  return postgres
    ? ` (pid ${postgres}, port ${port}; started by process ${app})`
    : ` (being started by process ${app})`;
}
