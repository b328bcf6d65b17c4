import type { CredentialChange } from './authority.js';

const MAX_CHANGES = 100_000;
/** Clocks of hosts and of the database may differ by this much. */
const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * The users whose credentials changed, with their present generation: tokens and sessions of earlier ones are revoked. Bounded:
 * beyond 100,000 users the oldest changes are dropped, and what was issued before them cannot be decided here.
 */
export class RevocationList {
  /** By user, the oldest change first. */
  readonly #changes = new Map<number, CredentialChange>();
  /** What was issued later can be decided; milliseconds since 1970. */
  #completeSince = Infinity;
  #droppedUntil = 0;
  #epoch = 0;

  constructor(private readonly max = MAX_CHANGES) {}

  /** Increases whenever changes were dropped: what was decided before must be decided again. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Returns false for a change that was known. */
  add(change: CredentialChange): boolean {
    const known = this.#changes.get(change.userId);
    if (known && known.generation >= change.generation) return false;
    this.#changes.delete(change.userId);
    this.#changes.set(change.userId, change);
    if (this.#changes.size > this.max) this.#drop();
    return true;
  }

  /** Notes that all changes have been added that still matter. */
  setComplete(): void {
    this.#completeSince = this.#droppedUntil;
  }

  /**
   * Returns whether the credentials that a token or session was issued for are still the user's; undefined when the list cannot say.
   * @param issuedAt milliseconds since 1970
   */
  isCurrent(userId: number, generation: number, issuedAt: number): boolean | undefined {
    const change = this.#changes.get(userId);
    if (change) return generation >= change.generation;
    return issuedAt >= this.#completeSince ? true : undefined;
  }

  /** Returns whether a change is known that revokes it. */
  isRevoked(userId: number, generation: number): boolean {
    const change = this.#changes.get(userId);
    return change !== undefined && generation < change.generation;
  }

  #drop(): void {
    const count = Math.max(1, Math.ceil(this.max / 10));
    for (const [userId, { at }] of [...this.#changes.entries()].slice(0, count)) {
      this.#changes.delete(userId);
      this.#droppedUntil = Math.max(this.#droppedUntil, at + CLOCK_SKEW_MS);
    }
    if (this.#completeSince !== Infinity) this.#completeSince = this.#droppedUntil;
    this.#epoch += 1;
  }
}
