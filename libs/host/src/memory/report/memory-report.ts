import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AllocationProfile, decodeProfile } from '../files/allocation-profile.js';
import { ENDED, type ProcessRecord, RUNNING, runFiles } from '../files/run-files.js';
import { type MemorySample, readTimeLine } from '../files/time-line.js';
import { hasEnded } from '../ends/ended-runs.js';
import { endOf, type ProcessEnd, readJson } from '../ends/end-cause.js';
import { type Growth, growthOf } from './growth.js';
import { SourcePositions } from './source-positions.js';

/** What the evidence of one process says. */
export interface MemoryReport {
  readonly folder: string;
  readonly process: ProcessRecord;
  /** Undefined for one that may run yet. */
  readonly end: ProcessEnd | undefined;
  /** Before memory began to grow to what it was at last, and at last. */
  readonly before: MemorySample | undefined;
  readonly last: MemorySample | undefined;
  readonly heap: Growth | undefined;
  readonly buffers: Growth | undefined;
  /** The path of a heap snapshot, where there is one. */
  readonly snapshot: string | undefined;
}

/** Share of all growth below which memory counts as not grown yet. */
const NOT_GROWN = 0.1;

/**
 * Returns what the evidence in a folder says of each process, the one that ended last first.
 * @param dir a `MEMORY_EVIDENCE_DIR`, the folder of a host in it, or that of a process
 */
export function memoryReports(dir: string): MemoryReport[] {
  const positions = new SourcePositions();
  return foldersIn(dir)
    .flatMap((folder) => {
      try {
        return reportOf(folder, positions) ?? [];
      } catch (error) {
        // A process that has just started has taken it over.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    })
    .toSorted((one, other) => timeOf(other) - timeOf(one));
}

const timeOf = ({ end, last, process }: MemoryReport) => end?.at ?? last?.at ?? process.startedAt;
const isRun = (name: string) => name.startsWith(RUNNING) || name.startsWith(ENDED);

function foldersIn(dir: string, depth = 2): string[] {
  if (existsSync(runFiles(dir).process)) return [dir];
  if (depth === 0) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && (depth === 2 || isRun(entry.name)))
    .flatMap(({ name }) => foldersIn(join(dir, name), depth - 1));
}

function reportOf(folder: string, positions: SourcePositions): MemoryReport | undefined {
  const files = runFiles(folder);
  const process = readJson(files.process) as ProcessRecord | undefined;
  if (process === undefined) return undefined;
  const samples = [...samplesIn(files.minutes), ...samplesIn(files.seconds)];
  const heap = growthBetween(files.heap, process, positions);
  const { before, last } = growthIn(
    samples.toSorted((one, other) => one.at - other.at),
    heap?.from ?? process.startedAt,
  );
  const end =
    (readJson(files.end) as ProcessEnd | undefined) ??
    (hasEnded(folder, process) ? endOf(folder, process, undefined) : undefined);
  return {
    folder,
    process,
    end,
    before,
    last,
    heap,
    buffers: growthBetween(files.buffers, process, positions),
    snapshot: existsSync(files.snapshot) ? files.snapshot : undefined,
  };
}

const samplesIn = (file: string) => (existsSync(file) ? readTimeLine(file) : []);

/** Finds the last sample before memory grew from its lowest to its last value, once the process had started. */
function growthIn(
  all: readonly MemorySample[],
  startedAt: number,
): { before?: MemorySample; last?: MemorySample } {
  const last = all.at(-1);
  if (last === undefined) return {};
  const samples = all.filter((each) => each.at >= startedAt || each === last);
  const lowest = samples.reduce((least, each) => (each.rss < least.rss ? each : least));
  const before = samples.findLast(({ rss }) => rss <= lowest.rss + NOT_GROWN * (last.rss - lowest.rss));
  return { before: before ?? lowest, last };
}

function growthBetween(
  { first, last }: { first: string; last: string },
  { startedAt }: ProcessRecord,
  positions: SourcePositions,
): Growth | undefined {
  const [one, other] = [profileIn(first), profileIn(last)];
  if (other) return growthOf(one, other, startedAt, positions);
  return one && growthOf(undefined, one, startedAt, positions);
}

function profileIn(file: string): AllocationProfile | undefined {
  try {
    return decodeProfile(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // there is none
  }
}
