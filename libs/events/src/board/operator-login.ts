import { createHash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const FAILURES = 10;
const WINDOW_MS = 60_000;

/** Who may look: the user `operator`, with basic authentication. */
export class OperatorLogin {
  readonly #expected: Buffer;
  readonly #failures = new LRUCache<string, number>({ max: 10_000, ttl: WINDOW_MS, noUpdateTTL: true });

  constructor(password: string) {
    this.#expected = digest(`operator:${password}`);
  }

  /**
   * @param header the request's `Authorization`
   * @param address whose failures are counted: after ten in a minute it is not listened to, whatever it says
   */
  check(header: string | undefined, address: string): 'right' | 'missing' | 'wrong' | 'too-many' {
    const encoded = /^basic +([\w+/=-]+) *$/i.exec(header ?? '')?.[1];
    if (encoded === undefined) return 'missing';
    const failures = this.#failures.get(address) ?? 0;
    if (failures >= FAILURES) return 'too-many';
    if (timingSafeEqual(digest(Buffer.from(encoded, 'base64')), this.#expected)) return 'right';
    this.#failures.set(address, failures + 1);
    return 'wrong';
  }
}

/** Of one length whatever is given, which the comparison in constant time needs. */
const digest = (text: string | Buffer) => createHash('sha256').update(text).digest();
