interface Sample {
  readonly at: number;
  readonly lsn: string;
}

/**
 * Where the primary was when, so that a replica's delay is known in seconds: since when the primary has been ahead of it.
 * What a replica itself can say is the age of the last commit it has replayed, which is great whenever nobody writes.
 */
export class LagTracker {
  #samples: Sample[] = [];

  constructor(private readonly retentionMs: number) {}

  /** @param at milliseconds of `performance.now()` */
  record(offset: string, at: number): void {
    const last = this.#samples.at(-1);
    if (last && last.lsn >= offset) return;
    this.#samples.push({ at, lsn: offset });
    // The oldest one kept is at least so old, for replicas that are that far behind.
    const old = this.#samples.findIndex((moment) => moment.at >= at - this.retentionMs);
    if (old > 1) this.#samples.splice(0, old - 1);
  }

  /** Forgets everything: another primary's log is another one. */
  reset(): void {
    this.#samples = [];
  }

  /** Milliseconds for which a replica at this offset has been behind; as much as is known when that is more. */
  lagOf(offset: string, now: number): number {
    const ahead = this.#samples.find((moment) => moment.lsn > offset);
    return ahead ? Math.max(0, now - ahead.at) : 0;
  }

  /** Where the primary was last. */
  get latest(): string | undefined {
    return this.#samples.at(-1)?.lsn;
  }
}
