import { currentCall, SeamError } from '@tearline/seam';

/** Reads that wait for each one that may run. */
const QUEUE_FACTOR = 50;

/** Bounds the reads that run at once on a primary that should be writing. */
export class ReadSlots {
  #running = 0;
  readonly #waiting = new Set<() => void>();

  /** @param limit reads at once */
  constructor(private readonly limit: number) {}

  get running(): number {
    return this.#running;
  }

  /**
   * Waits for a place; to be given back with `free`.
   * @throws SeamError `unavailable` when too many wait, or whatever ends the call meanwhile
   */
  async take(): Promise<void> {
    const call = currentCall();
    if (call?.cancelled) throw call.cancelled;
    if (this.#running < this.limit) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.size >= this.limit * QUEUE_FACTOR)
      throw new SeamError('unavailable', { message: 'too many reads wait for the primary' });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    const leave = call?.onCancel((reason) => {
      if (this.#waiting.delete(resolve)) reject(reason);
    });
    await promise.finally(leave);
  }

  free(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
