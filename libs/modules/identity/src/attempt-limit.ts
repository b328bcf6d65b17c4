import { SeamError } from '@tearline/seam';
import { LRUCache } from 'lru-cache';
import { isIPv6 } from 'node:net';

const MINUTE = 60_000;

/** Counts attempts by key, for a minute from the first one on. Forgets the oldest keys beyond 10,000. */
export class AttemptLimit {
  readonly #counts = new LRUCache<string, number>({ max: 10_000, ttl: MINUTE, noUpdateTTL: true });

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
    if ((this.#counts.get(key) ?? 0) < this.most) return;
    const retryAfter = Math.max(1, Math.ceil(this.#counts.getRemainingTTL(key) / 1000));
    throw new SeamError(`${this.resource}/too-many`, { data: { retryAfter } });
  }

  count(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  forget(key: string): void {
    this.#counts.delete(key);
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
