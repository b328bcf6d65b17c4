import { createHash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const MAX_FAILURES = 10;
const WINDOW_MS = 60_000;

/** Basic authentication of the user `operator`, with a limit on failures. */
export class OperatorLogin {
  readonly #expected: Buffer;
  readonly #failures = new LRUCache<string, number>({ max: 10_000, ttl: WINDOW_MS, noUpdateTTL: true });

  constructor(password: string) {
    this.#expected = digest(`operator:${password}`);
  }

  /**
   * @param header the request's `Authorization`
   * @param address of the client: after ten failures in a minute every login from it is refused
   */
  check(header: string | undefined, address: string): 'valid' | 'missing' | 'invalid' | 'too-many-failures' {
    const encoded = /^basic +([\w+/=-]+) *$/i.exec(header ?? '')?.[1];
    if (encoded === undefined) return 'missing';
    const failures = this.#failures.get(address) ?? 0;
    if (failures >= MAX_FAILURES) return 'too-many-failures';
    if (timingSafeEqual(digest(Buffer.from(encoded, 'base64')), this.#expected)) return 'valid';
    this.#failures.set(address, failures + 1);
    return 'invalid';
  }
}

/** `timingSafeEqual` needs inputs of equal length. */
const digest = (text: string | Buffer) => createHash('sha256').update(text).digest();
