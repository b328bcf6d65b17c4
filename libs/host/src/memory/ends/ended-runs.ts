import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { replaceFileSync } from '../files/atomic-file.js';
import { ENDED, type ProcessRecord, RUNNING, runFiles } from '../files/run-files.js';
import { bootId, startTicksOf } from '../recording/this-process.js';
import { type EndCause, endOf, MEMORY_CAUSES, type ProcessEnd, readJson } from './end-cause.js';

/** Ended processes whose evidence is kept, the newest ones: so many that ended for memory, and so many that ended otherwise. */
const MAX_KEPT = 5;
/** A process of another machine or container has ended when it has not written for so long. */
const SILENCE_MS = 30_000;

/** A process that has ended, found by a later one. */
export interface EndedRun {
  readonly folder: string;
  readonly record: ProcessRecord;
  readonly end: ProcessEnd;
}

/**
 * Takes over the folders of processes that have ended, each of which only one process gets, and removes old folders and those of
 * processes that ended in order, which have nothing to explain.
 * @param oomKills of the control group of this process
 */
export function claimEndedRuns(dir: string, oomKills: number): EndedRun[] {
  const claimed = readdirSync(dir)
    .filter((name) => name.startsWith(RUNNING))
    .flatMap((name) => claim(dir, name, oomKills) ?? []);
  removeOld(dir);
  return claimed;
}

function claim(dir: string, name: string, oomKills: number): EndedRun | undefined {
  const running = join(dir, name);
  const record = readJson(runFiles(running).process) as ProcessRecord | undefined;
  if (record === undefined || !hasEnded(running, record)) return undefined;
  const folder = join(dir, ENDED + name.slice(RUNNING.length));
  try {
    renameSync(running, folder);
    const isSameGroup = record.hostname === hostname() && record.bootId === bootId();
    const end = endOf(folder, record, isSameGroup ? oomKills : undefined);
    replaceFileSync(runFiles(folder).end, JSON.stringify(end));
    return { folder, record, end };
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Returns whether a process has ended; of one in another container, whether it has been silent for long. */
export function hasEnded(folder: string, record: ProcessRecord): boolean {
  const files = runFiles(folder);
  if (statSync(files.exit, { throwIfNoEntry: false })) return true;
  if (record.hostname !== hostname()) {
    const { mtimeMs = 0 } = statSync(files.seconds, { throwIfNoEntry: false }) ?? {};
    return Date.now() - mtimeMs > SILENCE_MS;
  }
  if (record.bootId !== bootId()) return true;
  const ticks = startTicksOf(record.pid);
  // Without /proc, a process with its pid counts as it.
  return ticks === '' ? !isAlive(record.pid) : ticks !== record.startTicks;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Of snapshots, which are large, the newest one stays. */
function removeOld(dir: string): void {
  const ended = readdirSync(dir)
    .filter((name) => name.startsWith(ENDED))
    .map((name) => join(dir, name))
    .map((folder) => ({ folder, end: readJson(runFiles(folder).end) as ProcessEnd | undefined }))
    .toSorted((one, other) => (other.end?.at ?? 0) - (one.end?.at ?? 0));
  const isForMemory = ({ end }: (typeof ended)[number]) =>
    (MEMORY_CAUSES as readonly (EndCause | undefined)[]).includes(end?.cause);
  const inOrder = ended.filter(({ end }) => end?.cause === 'exit');
  const others = ended.filter((each) => !isForMemory(each) && !inOrder.includes(each));
  const removed = [...inOrder, ...ended.filter(isForMemory).slice(MAX_KEPT), ...others.slice(MAX_KEPT)];
  for (const { folder } of removed) rmSync(folder, { recursive: true, force: true });
  const [, ...older] = ended
    .map(({ folder }) => runFiles(folder).snapshot)
    .filter((each) => existsSync(each));
  for (const snapshot of older) rmSync(snapshot, { force: true });
}
