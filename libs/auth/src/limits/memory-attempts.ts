import { LRUCache } from 'lru-cache';
import {
  type AttemptLimit,
  type AttemptStore,
  type Settlement,
  type Verdict,
  WINDOW_MS,
} from './attempt-store.js';

interface Window {
  failures: number;
  reserved: number;
  /** On the clock of `performance.now()`. */
  readonly endsAt: number;
}

/**
 * Counts the attempts of this process. Keeps at most 20,000 keys, the latest, so that a flood of keys cannot exhaust memory;
 * rate-limiter-flexible's in-memory limiter has no such bound and starts a timer per key.
 */
export class MemoryAttempts implements AttemptStore {
  readonly #windows = new LRUCache<string, Window>({ max: 20_000 });

  reserve(limits: readonly AttemptLimit[]): Verdict {
    const windows = limits.map(({ key }) => this.#open(key));
    const full = windows.findIndex(({ failures }, index) => failures >= limits[index]!.max);
    if (full >= 0) return { key: limits[full]!.key, forMs: windows[full]!.endsAt - performance.now() };
    if (windows.some(({ failures, reserved }, index) => failures + reserved >= limits[index]!.max))
      return 'busy';
    for (const window of windows) window.reserved += 1;
    return 'reserved';
  }

  settle(settlements: readonly Settlement[]): void {
    for (const [key, outcome] of settlements) {
      const window = this.#open(key);
      window.reserved = Math.max(0, window.reserved - 1);
      if (outcome === 'failed') window.failures += 1;
      if (outcome === 'reset') window.failures = 0;
    }
  }

  #open(key: string): Window {
    const known = this.#windows.get(key);
    if (known && performance.now() < known.endsAt) return known;
    const window = { failures: 0, reserved: 0, endsAt: performance.now() + WINDOW_MS };
    this.#windows.set(key, window);
    return window;
  }
}
