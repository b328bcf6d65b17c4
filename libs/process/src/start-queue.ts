import { availableParallelism } from 'node:os';
import PQueue from 'p-queue';

/**
 * Limits how many processes start at once to the number of CPUs. When many processes start together, the first are ready
 * early instead of all of them late.
 */
export class StartQueue {
  readonly #queue: PQueue;

  /**
   * @param limit processes that start at once
   * @param maxStartMs after this time a process that is not ready no longer keeps others from starting
   */
  constructor(
    limit = Math.max(2, availableParallelism()),
    private readonly maxStartMs = 5_000,
  ) {
    this.#queue = new PQueue({ concurrency: limit });
  }

  /**
   * Runs `start`, which ends when its process is ready, as soon as a CPU is free for it.
   * @param order a lower number starts first
   */
  run(order: number, start: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        const started = start();
        started.then(resolve, reject);
        return started;
      };
      this.#queue.add(begin, { priority: -order, timeout: this.maxStartMs }).catch(() => undefined);
    });
  }
}
