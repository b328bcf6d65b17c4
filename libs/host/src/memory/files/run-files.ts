import { join } from 'node:path';

/** The files of one process. */
export const runFiles = (folder: string) => ({
  process: join(folder, 'process.json'),
  /** Every second of the last quarter of an hour. */
  seconds: join(folder, 'seconds.bin'),
  /** Every minute of the last week. */
  minutes: join(folder, 'minutes.bin'),
  heap: { first: join(folder, 'heap-first.json'), last: join(folder, 'heap-last.json') },
  buffers: { first: join(folder, 'buffers-first.json'), last: join(folder, 'buffers-last.json') },
  /** Of Node.js about a fatal error, such as a full heap. Empty without one. */
  report: join(folder, 'report.json'),
  snapshot: join(folder, 'heap.heapsnapshot'),
  /** Written when it ends in order. */
  exit: join(folder, 'exit.json'),
  /** Why it ended, written by a later process. */
  end: join(folder, 'end.json'),
});

/** Folders of processes that may run yet begin with this. */
export const RUNNING = 'running-';
/** Folders of processes that have ended begin with this. */
export const ENDED = 'ended-';

/** What a process says of itself when it starts. */
export interface ProcessRecord {
  readonly pid: number;
  /** Distinguishes it from an earlier process with the same pid; of the kernel, empty where there is none. */
  readonly startTicks: string;
  readonly hostname: string;
  /** Changes when the machine starts. */
  readonly bootId: string;
  readonly startedAt: number;
  readonly modules: readonly string[];
  readonly node: string;
  /** The script that it runs, and a digest of it, by which source maps of another build are recognised. */
  readonly script: string;
  readonly scriptDigest: string;
  /** Bytes that the process and its heap may use. */
  readonly memoryLimit: number;
  readonly heapLimit: number;
  /** Whether the limit of the memory is that of its container, all processes of which count. */
  readonly isContainerLimit: boolean;
}

/** What a process says when it ends in order. */
export interface ExitRecord {
  readonly at: number;
  readonly code: number;
}
