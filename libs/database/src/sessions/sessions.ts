import type { CallContext, Positions, SessionStore } from '@tearline/seam';
import { ProcessMemory } from './process-memory.js';
import type { SessionMemory } from './session-memory.js';
import { openPositions, sealPositions } from './token.js';

/** How sessions are remembered. */
export interface SessionOptions {
  /** What tokens are sealed with; every host needs the same. A second one, separated by a comma, only opens them. */
  secret: string;
  /** Where all hosts remember together; by default each remembers for itself. */
  redisUrl?: string | undefined;
}

/**
 * Remembers how far each caller's own writes are: the seam's port, filled. Made by an application and given to the
 * host and to `DatabaseModule.forRoot` alike.
 */
export class Sessions implements SessionStore {
  readonly #keys: readonly string[];
  readonly #own = new ProcessMemory();
  readonly #shared: Promise<SessionMemory> | undefined;

  constructor({ secret, redisUrl }: SessionOptions) {
    this.#keys = secret.split(',').map((key) => key.trim());
    // A process without Redis does not load what it takes to talk to it.
    if (redisUrl)
      this.#shared = import('./redis-memory.js').then(({ RedisMemory }) => new RedisMemory(redisUrl));
  }

  read(token: string): Positions | undefined {
    return openPositions(token, this.#keys);
  }

  async keep({ principal, consistency }: CallContext): Promise<string> {
    const written = consistency.written ?? new Map<string, string>();
    if (principal) {
      this.#own.keep(principal.id, written);
      await (await this.#shared)?.keep(principal.id, written);
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
    if (!this.#shared || consistency.isComplete) return true;
    const positions = await (await this.#shared).recall(principal.id);
    if (!positions) return false;
    consistency.see(positions);
    consistency.isComplete = true;
    return true;
  }

  async close(): Promise<void> {
    await (await this.#shared)?.close();
  }
}
