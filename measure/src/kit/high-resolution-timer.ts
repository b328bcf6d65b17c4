import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

// A timer of Node's is up to a millisecond late. Here a thread waits, to some fifty microseconds.
const SCRIPT = `
const { parentPort, workerData } = require('node:worker_threads');
const flag = new Int32Array(workerData, 0, 2);
const due = new Float64Array(workerData, 8, 1);
for (;;) {
  Atomics.wait(flag, 0, 0);
  if (Atomics.exchange(flag, 0, 0) === 2) break;
  const wait = due[0] - Number(process.hrtime.bigint()) / 1e6;
  if (wait > 0) Atomics.wait(flag, 1, 0, wait);
  parentPort.postMessage(0);
}
`;

/** Milliseconds on the clock that alarms go by. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

/** Rings at a time, to a fraction of a millisecond. One alarm has one time at once. */
export class HighResolutionTimer {
  readonly #shared = new SharedArrayBuffer(16);
  readonly #flag = new Int32Array(this.#shared, 0, 2);
  readonly #due = new Float64Array(this.#shared, 8, 1);
  readonly #thread = new Worker(SCRIPT, { eval: true, workerData: this.#shared });

  constructor(ring: () => void) {
    this.#thread.on('message', ring);
  }

  /** Resolves when it can ring in time. */
  async ready(): Promise<void> {
    await once(this.#thread, 'online');
  }

  /** @param time as {@link now} tells it. The last one set must have rung. */
  set(time: number): void {
    this.#due[0] = time;
    this.#wake(1);
  }

  /** Rings no more. */
  async close(): Promise<void> {
    this.#wake(2);
    await this.#thread.terminate();
  }

  #wake(word: number): void {
    Atomics.store(this.#flag, 0, word);
    Atomics.notify(this.#flag, 0);
  }
}
