import { renameSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';
import type { ProcessRecord } from '../files/run-files.js';
import type { MemorySample } from '../files/time-line.js';

/** Share of its limit at which the heap is nearly full. */
const NEARLY_FULL = 0.8;
/** Memory that V8 takes for a snapshot, and the size of its file, in multiples of a heap of small objects: 6.5 to 7.4, and 1.6 to 1.9. */
const MEMORY_FACTOR = 8;
const FILE_FACTOR = 2;

/** Writes one heap snapshot when the heap is nearly full, where memory and disk for it are left. The process stands still meanwhile. */
export class HeapSnapshot {
  #isDone = false;

  constructor(
    private readonly path: string,
    private readonly record: ProcessRecord,
    private readonly warn: (message: string, fields: object) => void,
  ) {}

  consider({ heapUsed, rss }: MemorySample): void {
    const { heapLimit, memoryLimit } = this.record;
    if (this.#isDone || heapUsed < NEARLY_FULL * heapLimit) return;
    this.#isDone = true;
    const [neededMemory, neededDisk] = [MEMORY_FACTOR * heapUsed, FILE_FACTOR * heapUsed];
    try {
      const { bavail, bsize } = statfsSync(dirname(this.path));
      if (memoryLimit - rss < neededMemory || bavail * bsize < neededDisk)
        return this.warn('no heap snapshot: memory or disk for it is missing', {
          neededMemory,
          freeMemory: memoryLimit - rss,
          neededDisk,
          freeDisk: bavail * bsize,
        });
      this.#write();
    } catch (error) {
      this.warn('no heap snapshot', { err: error });
    }
  }

  #write(): void {
    const unfinished = `${this.path}.part`;
    try {
      // V8 writes into the file that is there, which keeps its mode.
      writeFileSync(unfinished, '', { mode: 0o600 });
      writeHeapSnapshot(unfinished);
      if (statSync(unfinished).size === 0) throw new Error('V8 wrote an empty snapshot');
      renameSync(unfinished, this.path);
    } finally {
      rmSync(unfinished, { force: true });
    }
    this.warn('heap snapshot written', { path: this.path });
  }
}
