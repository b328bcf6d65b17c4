import { SeamError } from '@tearline/seam';
import { LRUCache } from 'lru-cache';
import { isIPv6 } from 'node:net';

const WINDOW_MS = 60_000;

interface Window {
  attempts: number;
  /** On the clock of `performance.now()`. */
  readonly endsAt: number;
}

/**
 * Limits attempts per key within a minute from the first one. Keeps at most 10,000 keys, the latest, so that a flood of keys cannot
 * exhaust memory; rate-limiter-flexible's in-memory limiter has no such bound and starts a timer per key.
 */
export class RateLimit {
  readonly #windows = new LRUCache<string, Window>({ max: 10_000 });

  /**
   * @param max attempts per minute
   * @param resource first part of the error code, e.g. `credentials`
   */
  constructor(
    private readonly max: number,
    private readonly resource: string,
  ) {}

  /** @throws SeamError <resource>/too-many with `data.retryAfter` in seconds */
  check(key: string): void {
    const window = this.#open(key);
    if (window === undefined || window.attempts < this.max) return;
    const retryAfter = Math.ceil((window.endsAt - performance.now()) / 1000);
    throw new SeamError(`${this.resource}/too-many`, { data: { retryAfter: Math.max(1, retryAfter) } });
  }

  count(key: string): void {
    const window = this.#open(key);
    if (window) window.attempts += 1;
    else this.#windows.set(key, { attempts: 1, endsAt: performance.now() + WINDOW_MS });
  }

  reset(key: string): void {
    this.#windows.delete(key);
  }

  #open(key: string): Window | undefined {
    const window = this.#windows.get(key);
    return window && performance.now() < window.endsAt ? window : undefined;
  }
}

/** Returns the key of a client for rate limits: its IPv4 address, or its /64 network of IPv6. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const rest = tail?.split(':').filter(Boolean) ?? [];
  const zeros = Array.from({ length: 8 - groups.length - rest.length }, () => '0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}
