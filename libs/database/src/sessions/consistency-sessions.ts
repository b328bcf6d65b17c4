import { randomBytes } from 'node:crypto';
import type { CallContext, PositionsByModule, SessionStore } from '@tearline/seam';
import { InMemoryPositionStore } from './in-memory-position-store.js';
import type { PositionStore } from './position-store.js';
import { decodeToken, encodeToken } from './consistency-token.js';

/** How sessions are remembered. */
export interface ConsistencySessionsOptions {
  /**
   * What tokens are sealed with; every host needs the same. A second one, separated by a comma, only opens them. Without
   * any, tokens are good for the process that gave them, and elsewhere mean that everything must be seen.
   */
  secret?: string | undefined;
  /** Where all hosts remember together; by default each remembers for itself. */
  redisUrl?: string | undefined;
  /** Milliseconds that a replica may be behind and is asked nevertheless; 5,000 by default. */
  maxLag?: number | undefined;
}

const DEFAULT_MAX_LAG_MS = 5_000;

/**
 * Remembers how far each caller's own writes are: the seam's port, filled. Made by an application and given to the
 * host and to `DatabaseModule.forRoot` alike.
 */
export class ConsistencySessions implements SessionStore {
  readonly #keys: readonly string[];
  readonly #local = new InMemoryPositionStore();
  readonly #redisUrl: string | undefined;
  readonly #maxLag: number;
  /** From then on every replica that is asked shows what was written before this process began. */
  readonly #completeFrom: number;
  #shared: Promise<PositionStore> | undefined;

  constructor({ secret, redisUrl, maxLag = DEFAULT_MAX_LAG_MS }: ConsistencySessionsOptions = {}) {
    this.#keys = (secret ?? randomBytes(32).toString('base64url')).split(',').map((key) => key.trim());
    this.#redisUrl = redisUrl;
    this.#maxLag = maxLag;
    this.#completeFrom = performance.now() + maxLag;
  }

  readToken(token: string): PositionsByModule | undefined {
    return decodeToken(token, this.#keys);
  }

  async save({ principal, consistency }: CallContext): Promise<string> {
    const written = consistency.written ?? new Map<string, string>();
    if (principal) {
      this.#local.save(principal.id, written);
      await (await this.#sharedStore())?.save(principal.id, written);
    }
    return encodeToken(consistency.required, this.#keys[0]!);
  }

  /**
   * Tells a call what is remembered of its principal.
   * @returns whether that is everything; if not, anything may have been written
   */
  async load({ principal, consistency }: CallContext): Promise<boolean> {
    if (!principal) return true;
    consistency.observe(this.#local.load(principal.id));
    if (consistency.isComplete) return true;
    if (performance.now() < this.#completeFrom) return false;
    const shared = await this.#sharedStore();
    if (!shared) return true;
    const positions = await shared.load(principal.id);
    if (!positions) return false;
    consistency.observe(positions);
    consistency.isComplete = true;
    return true;
  }

  /** A process without replicas has nothing to remember, and does not load what it takes to talk to Redis. */
  #sharedStore(): Promise<PositionStore> | undefined {
    const url = this.#redisUrl;
    if (!url) return undefined;
    return (this.#shared ??= import('./redis-position-store.js').then(({ RedisPositionStore }) =>
      RedisPositionStore.open(url, this.#maxLag),
    ));
  }

  async close(): Promise<void> {
    await (await this.#shared)?.close();
  }
}
