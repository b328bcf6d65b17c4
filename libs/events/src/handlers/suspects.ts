import { Semaphore } from '@tearline/seam';

/**
 * A process that ends again and again for a reason of its own mostly ends sooner than this. What it would try meanwhile would be
 * blamed for it.
 */
const MIN_UPTIME_MS = 5_000;

/**
 * Lets one event or job at a time run that ran when a process ended: when this process ends, too, it is the cause. None runs in a
 * process that has just started.
 */
export class Suspects {
  readonly #running = new Semaphore(1, 0);
  readonly #notBefore: number;

  constructor(minUptimeMs = MIN_UPTIME_MS) {
    this.#notBefore = performance.now() + minUptimeMs;
  }

  /** Milliseconds until suspects may run here. */
  get waitMs(): number {
    return Math.max(0, this.#notBefore - performance.now());
  }

  /** Returns whether a suspect may run now; `release` must follow. */
  tryAcquire(): boolean {
    return this.waitMs === 0 && this.#running.tryAcquire();
  }

  release(): void {
    this.#running.release();
  }
}
