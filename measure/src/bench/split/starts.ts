import type { Cleanup } from '../../kit/cleanup.js';
import { median } from '../median.js';
import { cpuOf, memoryOf } from '../../kit/process-usage.js';
import type { ServerProcess } from '../../kit/server-process.js';

interface Candidate {
  readonly name: string;
  /** What share of the first one's start we allow it. */
  readonly goal?: number;
  readonly start: () => Promise<ServerProcess>;
}

/** What it takes until a process listens. */
export interface Start extends Pick<Candidate, 'name' | 'goal'> {
  readonly milliseconds: number;
  /** Milliseconds of CPU, which a busy machine disturbs less. */
  readonly cpu: number;
  /** MiB resident when it listens. */
  readonly memory: number;
}

interface Run extends Candidate {
  readonly ms: number[];
  readonly cpu: number[];
  readonly mib: number[];
}

/** Starts and stops each in turn, several times. @returns the medians */
export async function timeStarts(
  candidates: readonly Candidate[],
  times: number,
  cleanup: Cleanup,
): Promise<Start[]> {
  const runs = candidates.map((candidate): Run => ({ ...candidate, ms: [], cpu: [], mib: [] }));
  for (let time = 0; time < times; time += 1) {
    for (const run of runs) {
      const server = await run.start();
      cleanup.add(server.stop);
      run.ms.push(server.startedWithin);
      run.cpu.push(cpuOf(server.pid));
      run.mib.push(memoryOf(server.pid));
      await server.stop();
    }
  }
  return runs.map(({ ms, cpu, mib, ...candidate }) => ({
    ...candidate,
    milliseconds: median(ms),
    cpu: median(cpu),
    memory: median(mib),
  }));
}
