import { closeSync, openSync, readFileSync, write, writeSync } from 'node:fs';

/** The memory of a process at one time. Bytes, unless it says otherwise. */
export interface MemorySample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly heapTotal: number;
  readonly external: number;
  readonly arrayBuffers: number;
  /** In use by the container: all its processes, without files that the kernel can drop. 0 without one. */
  readonly container: number;
  /** Share of the last ten seconds in which some task waited for memory, in per cent. */
  readonly pressure: number;
  /** Processes that the kernel has killed for memory in the container so far. */
  readonly oomKills: number;
}

const FIELDS = [
  'at',
  'rss',
  'heapUsed',
  'heapTotal',
  'external',
  'arrayBuffers',
  'container',
  'pressure',
  'oomKills',
] as const satisfies (keyof MemorySample)[];
const RECORD_BYTES = 8 * FIELDS.length;

/** A ring of samples in a file: it keeps the newest ones, and never grows beyond its capacity. */
export class TimeLine {
  readonly #file: number;
  #next = 0;
  #isWriting = false;

  constructor(
    path: string,
    private readonly capacity: number,
  ) {
    this.#file = openSync(path, 'w', 0o600);
  }

  /** Writes a sample over the oldest one, without waiting for the disk. One that comes while another is written is dropped. */
  append(sample: MemorySample): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    const record = recordOf(sample);
    write(this.#file, record, 0, record.length, this.#position(), () => (this.#isWriting = false));
  }

  /** Writes the last sample of a process that ends, or that does nothing else meanwhile. */
  appendSync(sample: MemorySample): void {
    writeSync(this.#file, recordOf(sample), 0, RECORD_BYTES, this.#position());
  }

  close(): void {
    closeSync(this.#file);
  }

  #position(): number {
    const position = this.#next * RECORD_BYTES;
    this.#next = (this.#next + 1) % this.capacity;
    return position;
  }
}

function recordOf(sample: MemorySample): Uint8Array {
  return new Uint8Array(Float64Array.from(FIELDS, (name) => sample[name]).buffer);
}

/** Returns the samples of a file, oldest first. A record that was not written to its end is left out. */
export function readTimeLine(path: string): MemorySample[] {
  const bytes = readFileSync(path);
  const count = Math.floor(bytes.length / RECORD_BYTES);
  const values = new Float64Array(Uint8Array.from(bytes.subarray(0, count * RECORD_BYTES)).buffer);
  const samples = Array.from({ length: count }, (_, index) =>
    Object.fromEntries(FIELDS.map((name, field) => [name, values[index * FIELDS.length + field]!])),
  ) as unknown as MemorySample[];
  return samples.filter(({ at }) => at > 0).toSorted((one, other) => one.at - other.at);
}
