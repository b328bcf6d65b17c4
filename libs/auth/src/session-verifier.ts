import { Inject, Injectable, type OnModuleDestroy, Optional } from '@nestjs/common';
import { isSeamError, type Principal } from '@tearline/seam';
import { LRUCache } from 'lru-cache';
import { type Authority, AUTHORITY, type OpenSession } from './authority.js';
import { Revocations } from './revocations.js';
import { sessionIdOf } from './session-cookies.js';

/** Bounds the time for which a session that ended is accepted when the broadcast of its end was lost. */
const FRESH_MS = 5_000;
/** A verified session is accepted for so long while its owner does not answer. */
const STALE_MS = 5 * 60_000;

interface Verified {
  readonly session: OpenSession;
  readonly principal: Principal;
  /** On the clock of `performance.now()`. */
  readonly checkedAt: number;
}

/** Verifies sessions by asking the module that owns them, and caches the answer for five seconds. */
@Injectable()
export class SessionVerifier implements OnModuleDestroy {
  readonly #verified = new LRUCache<string, Verified>({ max: 10_000 });
  /** Ids never come back, so what has ended or was never there stays so. */
  readonly #ended = new LRUCache<string, true>({ max: 10_000 });
  readonly #asking = new Map<string, Promise<Principal | undefined>>();
  readonly #subscriptions: (() => void)[];
  /** What was checked before must be checked again. */
  #freshSince = 0;

  constructor(
    private readonly revocations: Revocations,
    @Optional() @Inject(AUTHORITY) private readonly authority?: Authority,
  ) {
    this.#subscriptions = [
      revocations.onRevoked(({ sessions = [] }) => {
        for (const id of sessions) this.#end(id);
      }),
      revocations.onMissed(() => (this.#freshSince = performance.now())),
    ];
  }

  onModuleDestroy(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }

  /**
   * Returns the principal of a session; undefined when no session with this secret is open.
   * @throws SeamError `unavailable` when the session is not cached and its owner does not answer
   */
  principalOf(secret: string): Principal | undefined | Promise<Principal | undefined> {
    const id = sessionIdOf(secret);
    if (this.#ended.has(id)) return undefined;
    const known = this.#verified.get(id);
    if (known && this.#isUsable(known, FRESH_MS) && known.checkedAt >= this.#freshSince)
      return known.principal;
    const asking = this.#asking.get(id);
    if (asking) return asking;
    const answer = this.#ask(id, known).finally(() => this.#asking.delete(id));
    this.#asking.set(id, answer);
    return answer;
  }

  async #ask(id: string, known: Verified | undefined): Promise<Principal | undefined> {
    if (!this.authority) return undefined;
    const checkedAt = performance.now();
    try {
      const session = await this.authority.session({ id });
      const isOpen =
        session !== null &&
        (await this.revocations.isCurrent(session.userId, session.generation, session.createdAt));
      if (!isOpen) this.#end(id);
      if (!isOpen || this.#ended.has(id)) return undefined;
      const principal: Principal = Object.freeze({ id: String(session.userId) });
      this.#verified.set(id, { session, principal, checkedAt });
      return principal;
    } catch (error) {
      const isAway = isSeamError(error, 'unavailable') || isSeamError(error, 'deadline-exceeded');
      if (isAway && known && !this.#ended.has(id) && this.#isUsable(known, STALE_MS)) return known.principal;
      throw error;
    }
  }

  #isUsable({ session, checkedAt }: Verified, maxAge: number): boolean {
    return (
      performance.now() - checkedAt < maxAge &&
      Date.now() < session.expiresAt &&
      !this.revocations.isRevoked(session.userId, session.generation)
    );
  }

  #end(id: string): void {
    this.#verified.delete(id);
    this.#ended.set(id, true);
  }
}
