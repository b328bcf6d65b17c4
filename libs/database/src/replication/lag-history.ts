interface Moment {
  readonly at: number;
  readonly offset: string;
}

/**
 * Where the primary was when, so that a replica's delay is known in seconds: since when the primary has been ahead of it.
 * What a replica itself can say is the age of the last commit it has replayed, which is great whenever nobody writes.
 */
export class LagHistory {
  #moments: Moment[] = [];

  constructor(private readonly keptMs: number) {}

  /** @param at milliseconds of `performance.now()` */
  note(offset: string, at: number): void {
    const last = this.#moments.at(-1);
    if (last && last.offset >= offset) return;
    this.#moments.push({ at, offset });
    // The oldest one kept is at least so old, for replicas that are that far behind.
    const old = this.#moments.findIndex((moment) => moment.at >= at - this.keptMs);
    if (old > 1) this.#moments.splice(0, old - 1);
  }

  /** Forgets everything: another primary's log is another one. */
  clear(): void {
    this.#moments = [];
  }

  /** Milliseconds for which a replica at this offset has been behind; as much as is known when that is more. */
  lagOf(offset: string, now: number): number {
    const ahead = this.#moments.find((moment) => moment.offset > offset);
    return ahead ? Math.max(0, now - ahead.at) : 0;
  }

  /** Where the primary was last. */
  get latest(): string | undefined {
    return this.#moments.at(-1)?.offset;
  }
}
