import { SeamError } from '@tearline/seam';
import { LRUCache } from 'lru-cache';
import { isIPv6 } from 'node:net';

const WINDOW_MS = 60_000;

interface Window {
  attempts: number;
  /** In the milliseconds of `performance.now()`. */
  readonly ends: number;
}

/** Counts attempts by key, for a minute from the first one on. Forgets the oldest keys beyond 10,000. */
export class RateLimit {
  readonly #windows = new LRUCache<string, Window>({ max: 10_000 });

  /**
   * @param most attempts a minute
   * @param resource what the error names, e.g. `credentials`
   */
  constructor(
    private readonly most: number,
    private readonly resource: string,
  ) {}

  /** @throws SeamError <resource>/too-many with `data.retryAfter` in seconds */
  check(key: string): void {
    const window = this.#open(key);
    if (window === undefined || window.attempts < this.most) return;
    const retryAfter = Math.ceil((window.ends - performance.now()) / 1000);
    throw new SeamError(`${this.resource}/too-many`, { data: { retryAfter: Math.max(1, retryAfter) } });
  }

  count(key: string): void {
    const window = this.#open(key);
    if (window) window.attempts += 1;
    else this.#windows.set(key, { attempts: 1, ends: performance.now() + WINDOW_MS });
  }

  forget(key: string): void {
    this.#windows.delete(key);
  }

  #open(key: string): Window | undefined {
    const window = this.#windows.get(key);
    return window && performance.now() < window.ends ? window : undefined;
  }
}

/** What one client may be held to: an IPv4 address, or the /64 network that a client has to itself with IPv6. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const rest = tail?.split(':').filter(Boolean) ?? [];
  const zeros = Array.from({ length: 8 - groups.length - rest.length }, () => '0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}
