import type { Cleanup } from '../cleanup.js';
import { median } from '../median.js';
import { memoryOf } from '../processes.js';
import type { ServerProcess } from '../server-process.js';

/** What it takes until a process listens. */
export interface Start {
  readonly name: string;
  readonly milliseconds: number;
  /** MiB resident when it listens. */
  readonly memory: number;
}

/** Starts and stops each in turn, several times. @returns the medians */
export async function timeStarts(
  candidates: Readonly<Record<string, () => Promise<ServerProcess>>>,
  times: number,
  cleanup: Cleanup,
): Promise<Start[]> {
  const runs = Object.entries(candidates).map(([name, start]) => ({ name, start, ms: [], mib: [] }) as Run);
  for (let time = 0; time < times; time += 1) {
    for (const run of runs) {
      const server = await run.start();
      cleanup.add(server.stop);
      run.ms.push(server.startedWithin);
      run.mib.push(memoryOf(server.pid));
      await server.stop();
    }
  }
  return runs.map(({ name, ms, mib }) => ({ name, milliseconds: median(ms), memory: median(mib) }));
}

interface Run {
  readonly name: string;
  readonly start: () => Promise<ServerProcess>;
  readonly ms: number[];
  readonly mib: number[];
}
