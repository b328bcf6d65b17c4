import { readFileSync, statSync } from 'node:fs';
import { type ExitRecord, type ProcessRecord, runFiles } from '../files/run-files.js';
import { type MemorySample, readTimeLine } from '../files/time-line.js';
import { bootId } from '../recording/this-process.js';

/** Why a process ended, and what that means. */
export const END_CAUSES = {
  exit: 'it ended in order',
  error: 'it ended with an exit code other than 0; its log has the error',
  heap_limit: 'its heap was full',
  fatal_error: 'V8 or Node.js ended it with a fatal error',
  oom_kill: 'the kernel killed it for memory: the counter of its control group says so',
  memory_limit: 'it was killed with its memory at the limit, most likely for memory',
  killed: 'it was killed, by SIGKILL or a crash, with memory left',
  machine: 'the machine restarted',
} as const;

export type EndCause = keyof typeof END_CAUSES;

/** Causes that are about memory. */
export const MEMORY_CAUSES = ['heap_limit', 'oom_kill', 'memory_limit'] as const satisfies EndCause[];

/** The end of a process. */
export interface ProcessEnd {
  readonly cause: EndCause;
  /** Milliseconds since 1970: when it ended, or when it was last seen. */
  readonly at: number;
  /** The exit code, where there is one. */
  readonly code?: number;
}

/** Share of the limit from which on a process without a last word was most likely killed for memory. */
const AT_LIMIT = 0.95;
/** How far the growth of the last samples is extrapolated: memory goes on growing from the last sample to the kill. */
const EXTRAPOLATED_MS = 2_000;
const SLOPE_MS = 3_000;

/**
 * Returns why a process ended.
 * @param oomKills what the counter of its control group says now; undefined when this process is in another one
 */
export function endOf(folder: string, record: ProcessRecord, oomKills: number | undefined): ProcessEnd {
  const files = runFiles(folder);
  const samples = readTimeLine(files.seconds);
  const last = samples.at(-1);
  const exit = readJson(files.exit) as ExitRecord | undefined;
  if (exit) return { cause: exit.code === 0 ? 'exit' : 'error', at: exit.at, code: exit.code };
  const at = last?.at ?? record.startedAt;
  const report = readJson(files.report) as { header: { trigger: string } } | undefined;
  const trigger = report?.header.trigger;
  if (trigger !== undefined) return { cause: trigger === 'OOMError' ? 'heap_limit' : 'fatal_error', at };
  // A report that was begun: only a fatal error writes one.
  if ((statSync(files.report, { throwIfNoEntry: false })?.size ?? 0) > 0) return { cause: 'fatal_error', at };
  if (last && oomKills !== undefined && oomKills > last.oomKills) return { cause: 'oom_kill', at };
  if (record.bootId !== bootId()) return { cause: 'machine', at };
  const reaches = (field: 'rss' | 'heapUsed' | 'container', limit: number) =>
    extrapolated(samples, field) >= AT_LIMIT * limit;
  if (reaches('rss', record.memoryLimit)) return { cause: 'memory_limit', at };
  if (record.isContainerLimit && reaches('container', record.memoryLimit))
    return { cause: 'memory_limit', at };
  if (reaches('heapUsed', record.heapLimit)) return { cause: 'heap_limit', at };
  return { cause: 'killed', at };
}

function extrapolated(samples: readonly MemorySample[], field: 'rss' | 'heapUsed' | 'container'): number {
  const last = samples.at(-1);
  if (last === undefined) return 0;
  const first = samples.find(({ at }) => at >= last.at - SLOPE_MS)!;
  const slope = last.at > first.at ? (last[field] - first[field]) / (last.at - first.at) : 0;
  return last[field] + Math.max(0, slope) * EXTRAPOLATED_MS;
}

/** Returns the content of a file; undefined when it is not there, empty or not complete. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}
