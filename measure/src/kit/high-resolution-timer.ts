import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

// Node's own timers are up to a millisecond late. A thread that waits is late by about 50 microseconds.
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
const SCHEDULE = 1;
const CLOSE = 2;

/** Returns the time in milliseconds on the clock that {@link HighResolutionTimer} uses. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

/** Calls back at a given time, late by less than a tenth of a millisecond. It holds one time at once. */
export class HighResolutionTimer {
  readonly #shared = new SharedArrayBuffer(16);
  readonly #flag = new Int32Array(this.#shared, 0, 2);
  readonly #due = new Float64Array(this.#shared, 8, 1);
  readonly #thread = new Worker(SCRIPT, { eval: true, workerData: this.#shared });

  constructor(callback: () => void) {
    this.#thread.on('message', callback);
  }

  /** Resolves when the thread runs. */
  async ready(): Promise<void> {
    await once(this.#thread, 'online');
  }

  /** @param time on the clock of {@link now}. The callback of the time before must have been called. */
  schedule(time: number): void {
    this.#due[0] = time;
    this.#send(SCHEDULE);
  }

  async close(): Promise<void> {
    this.#send(CLOSE);
    await this.#thread.terminate();
  }

  #send(command: number): void {
    Atomics.store(this.#flag, 0, command);
    Atomics.notify(this.#flag, 0);
  }
}
