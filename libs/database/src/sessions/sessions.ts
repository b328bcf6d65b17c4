import { randomBytes } from 'node:crypto';
import type { CallContext, Positions, SessionStore } from '@tearline/seam';
import { ProcessMemory } from './process-memory.js';
import type { SessionMemory } from './session-memory.js';
import { openPositions, sealPositions } from './token.js';

/** How sessions are remembered. */
export interface SessionOptions {
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
export class Sessions implements SessionStore {
  readonly #keys: readonly string[];
  readonly #own = new ProcessMemory();
  readonly #redisUrl: string | undefined;
  readonly #maxLag: number;
  /** From then on every replica that is asked shows what was written before this process began. */
  readonly #knowsFrom: number;
  #shared: Promise<SessionMemory> | undefined;

  constructor({ secret, redisUrl, maxLag = DEFAULT_MAX_LAG_MS }: SessionOptions = {}) {
    this.#keys = (secret ?? randomBytes(32).toString('base64url')).split(',').map((key) => key.trim());
    this.#redisUrl = redisUrl;
    this.#maxLag = maxLag;
    this.#knowsFrom = performance.now() + maxLag;
  }

  read(token: string): Positions | undefined {
    return openPositions(token, this.#keys);
  }

  async keep({ principal, consistency }: CallContext): Promise<string> {
    const written = consistency.written ?? new Map<string, string>();
    if (principal) {
      this.#own.keep(principal.id, written);
      await (await this.#memory())?.keep(principal.id, written);
    }
    return sealPositions(consistency.seen, this.#keys[0]!);
  }

  /**
   * Tells a call what is remembered of its principal.
   * @returns whether that is everything; if not, anything may have been written
   */
  async recall({ principal, consistency }: CallContext): Promise<boolean> {
    if (!principal) return true;
    consistency.see(this.#own.recall(principal.id));
    if (consistency.isComplete) return true;
    if (performance.now() < this.#knowsFrom) return false;
    const shared = await this.#memory();
    if (!shared) return true;
    const positions = await shared.recall(principal.id);
    if (!positions) return false;
    consistency.see(positions);
    consistency.isComplete = true;
    return true;
  }

  /** A process without replicas has nothing to remember, and does not load what it takes to talk to Redis. */
  #memory(): Promise<SessionMemory> | undefined {
    const url = this.#redisUrl;
    if (!url) return undefined;
    return (this.#shared ??= import('./redis-memory.js').then(({ RedisMemory }) =>
      RedisMemory.open(url, this.#maxLag),
    ));
  }

  async close(): Promise<void> {
    await (await this.#shared)?.close();
  }
}
