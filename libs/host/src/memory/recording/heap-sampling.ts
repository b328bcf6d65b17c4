import { type HeapProfiler, Session } from 'node:inspector';
import type { AllocationProfile, AllocationSite, Frame } from '../files/allocation-profile.js';

/** Bytes between two samples, on average: with 256 KiB, code that does nothing but allocate took some per cent more CPU. */
const SAMPLING_INTERVAL = 512 * 1024;

type Node = HeapProfiler.SamplingHeapProfileNode;

/** V8's sampling heap profiler, in this process: the objects in use, and the functions that allocated them. No port is opened. */
export class HeapSampling {
  readonly #session = new Session();

  start(): void {
    this.#session.connect();
    this.#session.post('HeapProfiler.startSampling', { samplingInterval: SAMPLING_INTERVAL });
  }

  /** Returns the objects that are in use after a garbage collection, which V8 does first: it takes a millisecond or two for each MiB. */
  profile(): AllocationProfile | undefined {
    let head: Node | undefined;
    // The answer comes before `post` returns.
    this.#session.post('HeapProfiler.getSamplingProfile', (error, answer) => {
      if (!error) head = answer.profile.head;
    });
    // Another debugger has stopped the profiler.
    if (head === undefined) return undefined;
    const sites = sitesOf(head);
    return { at: Date.now(), bytes: sites.reduce((sum, { bytes }) => sum + bytes, 0), sites };
  }
}

function sitesOf(root: Node): AllocationSite[] {
  const sites: AllocationSite[] = [];
  const visit = (node: Node, callers: readonly Frame[]) => {
    const { functionName, url, lineNumber, columnNumber } = node.callFrame;
    const stack: Frame[] = [[functionName, url, lineNumber + 1, columnNumber + 1], ...callers];
    if (node.selfSize > 0) sites.push({ bytes: node.selfSize, count: 0, stack });
    for (const child of node.children) visit(child, stack);
  };
  for (const child of root.children) visit(child, []);
  return sites;
}
