import { randomBytes } from 'node:crypto';
import type { CallContext, PositionsByModule, SessionStore } from '@tearline/seam';
import { DEFAULT_MAX_LAG_MS } from '../settings.js';
import { decodeToken, encodeToken } from './consistency-token.js';
import { MemoryPositionStore } from './memory-position-store.js';
import { RedisPositionStore } from './redis-position-store.js';

export interface ConsistencySessionsOptions {
  /**
   * Signs tokens; the same on every host. A second secret, after a comma, is accepted and not used for signing. By default
   * a token is valid in the process that issued it; elsewhere it makes reads `strong`.
   */
  secret?: string | undefined;
  /** Redis stores the positions for all hosts; by default each process stores its own. */
  redisUrl?: string | undefined;
  /** Of this deployment, for the names of keys; needed where several share a Redis. */
  namespace?: string;
  /** Replication lag in milliseconds above which a replica serves no reads; 5,000 by default. */
  maxLag?: number | undefined;
}

/**
 * Implements the seam's SessionStore: stores the positions of each principal's writes. An application passes one instance
 * to the host and to `DatabaseModule.forRoot`.
 */
export class ConsistencySessions implements SessionStore {
  readonly #keys: readonly string[];
  readonly #local = new MemoryPositionStore();
  readonly #redisUrl: string | undefined;
  readonly #namespace: string | undefined;
  readonly #maxLag: number;
  /** From this time on, every replica that serves reads has replayed the writes before the start of this process. */
  readonly #completeFrom: number;
  #shared: Promise<RedisPositionStore> | undefined;

  constructor({ secret, redisUrl, namespace, maxLag = DEFAULT_MAX_LAG_MS }: ConsistencySessionsOptions = {}) {
    this.#keys = (secret ?? randomBytes(32).toString('base64url')).split(',').map((key) => key.trim());
    this.#redisUrl = redisUrl;
    this.#namespace = namespace;
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
   * Adds the stored positions of a call's principal to the call.
   * @returns whether they are complete; if not, the caller must assume that anything was written
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

  /** Connects to Redis on first use: a process without replicas does not need it. */
  #sharedStore(): Promise<RedisPositionStore> | undefined {
    if (!this.#redisUrl) return undefined;
    return (this.#shared ??= RedisPositionStore.open(this.#redisUrl, this.#maxLag, this.#namespace));
  }

  async close(): Promise<void> {
    (await this.#shared)?.close();
  }
}
