import { currentCall } from './call/call-context.js';
import { SeamError } from './call/errors.js';

/** Starts once it holds a permit, which it returns with {@link Semaphore.release}. */
export interface Waiter {
  start(): void;
}

/**
 * Limits how many pieces of work run at once and how many wait for that, first come, first served. A wait ends when its
 * call is cancelled, which cockatiel's bulkhead does not do.
 */
export class Semaphore {
  #running = 0;
  readonly #queue = new Set<Waiter>();

  /**
   * @param limit pieces of work that run at once
   * @param maxQueued pieces of work that wait; more are refused as `unavailable`
   * @param message of that error
   */
  constructor(
    private readonly limit: number,
    private readonly maxQueued: number,
    private readonly message = 'unavailable',
  ) {}

  /** Permits that are taken. */
  get running(): number {
    return this.#running;
  }

  /** Takes a permit if one is free. */
  tryAcquire(): boolean {
    if (this.#running >= this.limit) return false;
    this.#running += 1;
    return true;
  }

  /**
   * Starts a waiter now or, once a permit is free, later. Needs no promise, for paths on which one would cost too much.
   * @returns false when the queue is full
   */
  enter(waiter: Waiter): boolean {
    if (this.tryAcquire()) waiter.start();
    else if (this.#queue.size >= this.maxQueued) return false;
    else this.#queue.add(waiter);
    return true;
  }

  /** Ends the wait of a waiter that has not started. */
  leave(waiter: Waiter): void {
    this.#queue.delete(waiter);
  }

  /**
   * Waits for a permit on behalf of the current call.
   * @throws SeamError `unavailable` when the queue is full; the call's reason when it has ended or ends meanwhile
   */
  async acquire(): Promise<void> {
    const call = currentCall();
    if (call?.cancelled) throw call.cancelled;
    if (call?.remaining === 0) throw new SeamError('deadline-exceeded');
    if (this.tryAcquire()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { start: resolve };
    if (!this.enter(waiter)) throw new SeamError('unavailable', { message: this.message });
    const unsubscribe = call?.onCancel((reason) => {
      if (this.#queue.delete(waiter)) reject(reason);
    });
    await promise.finally(unsubscribe);
  }

  /** Returns a permit, which passes straight to the first waiter. */
  release(): void {
    const [next] = this.#queue;
    if (!next) this.#running -= 1;
    else {
      this.#queue.delete(next);
      next.start();
    }
  }

  /** Does the work while holding a permit; throws what {@link acquire} throws. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.acquire();
    try {
      return await work();
    } finally {
      this.release();
    }
  }
}
