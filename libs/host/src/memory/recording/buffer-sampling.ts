import { getCallSites } from 'node:util';
import {
  type AllocationProfile,
  type AllocationSite,
  type Frame,
  MAX_FRAMES,
} from '../files/allocation-profile.js';

/** Bytes between two samples, on average. */
const SAMPLING_INTERVAL = 512 * 1024;
/** Frames of this file on top of a stack. */
const OWN_FRAMES = 3;

interface Site extends AllocationSite {
  bytes: number;
  count: number;
}

interface Sample {
  readonly key: string;
  readonly bytes: number;
  readonly count: number;
}

/** The functions of `Buffer` that allocate. Those with an ArrayBuffer as argument do not. */
const ALLOCATING = ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'concat', 'copyBytesFrom', 'from'] as const;
type Allocate = (this: unknown, ...args: unknown[]) => Buffer;

/**
 * Samples buffers, which V8's sampling heap profiler does not see by their size: of each half MiB that functions of `Buffer` allocate, on
 * average, one allocation with its stack. Each byte is sampled with the same probability, as in V8 and in tcmalloc, so sums over
 * samples are estimates without a bias. A finalization registry subtracts what has been collected.
 */
export class BufferSampling {
  readonly #sites = new Map<string, Site>();
  readonly #collected = new FinalizationRegistry<Sample>((sample) => this.#remove(sample));
  readonly #originals = new Map<(typeof ALLOCATING)[number], PropertyDescriptor>();
  #untilSample = untilNextSample();
  /** Some of the functions call others. */
  #isNested = false;
  #bytes = 0;

  /** @param onSample is called after each sample */
  constructor(private readonly onSample: () => void = () => undefined) {}

  /** Estimated bytes of the buffers that are in use. */
  get bytes(): number {
    return this.#bytes;
  }

  start(): void {
    for (const name of ALLOCATING) {
      const descriptor = Object.getOwnPropertyDescriptor(Buffer, name);
      if (descriptor === undefined) continue;
      this.#originals.set(name, descriptor);
      Object.defineProperty(Buffer, name, {
        ...descriptor,
        value: BufferSampling.#observed(this, descriptor.value as Allocate),
      });
    }
  }

  stop(): void {
    for (const [name, descriptor] of this.#originals) Object.defineProperty(Buffer, name, descriptor);
  }

  profile(): AllocationProfile {
    return { at: Date.now(), bytes: this.#bytes, sites: [...this.#sites.values()] };
  }

  /** Returns a function that does and returns the same, with the same name and number of parameters. */
  static #observed(sampling: BufferSampling, original: Allocate): Allocate {
    const observed = function (this: unknown, ...args: unknown[]): Buffer {
      if (sampling.#isNested) return original.apply(this, args);
      sampling.#isNested = true;
      let buffer: Buffer;
      try {
        buffer = original.apply(this, args);
      } finally {
        sampling.#isNested = false;
      }
      sampling.#untilSample -= buffer.length;
      if (sampling.#untilSample <= 0) sampling.#sample(buffer, args[0]);
      return buffer;
    };
    for (const name of ['name', 'length'] as const)
      Object.defineProperty(observed, name, Object.getOwnPropertyDescriptor(original, name)!);
    return observed;
  }

  #sample(buffer: Buffer, argument: unknown): void {
    this.#untilSample = untilNextSample();
    const { length } = buffer;
    // A view of memory that was there before.
    if (buffer.buffer === argument) return;
    const weight = 1 / (1 - Math.exp(-length / SAMPLING_INTERVAL));
    const stack = getCallSites(MAX_FRAMES + OWN_FRAMES, { sourceMap: false })
      .slice(OWN_FRAMES - 1)
      .map((site): Frame => [site.functionName, site.scriptName, site.lineNumber, site.columnNumber]);
    const key = stack.join('\n');
    let site = this.#sites.get(key);
    if (site === undefined) this.#sites.set(key, (site = { bytes: 0, count: 0, stack }));
    const sample = { key, bytes: length * weight, count: weight };
    site.bytes += sample.bytes;
    site.count += sample.count;
    this.#bytes += sample.bytes;
    // A slice keeps the memory in use after its buffer has gone; small buffers share memory.
    this.#collected.register(length < Buffer.poolSize >>> 1 ? buffer : buffer.buffer, sample);
    this.onSample();
  }

  #remove({ key, bytes, count }: Sample): void {
    const site = this.#sites.get(key);
    if (site === undefined) return;
    this.#bytes -= bytes;
    site.bytes -= bytes;
    site.count -= count;
    if (site.bytes < 1) this.#sites.delete(key);
  }
}

/** The bytes between events of a Poisson process. */
const untilNextSample = () => -Math.log(1 - Math.random()) * SAMPLING_INTERVAL;
