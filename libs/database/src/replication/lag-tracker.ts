interface Sample {
  readonly at: number;
  readonly lsn: string;
}

/**
 * Samples of the primary's LSN over time, from which a replica's lag follows: the time for which the primary has been
 * ahead of it. A replica itself knows only the age of the last commit that it replayed, which grows while nothing is
 * written. PostgreSQL's walsender.c has a LagTracker for the same purpose.
 */
export class LagTracker {
  #samples: Sample[] = [];

  constructor(private readonly retentionMs: number) {}

  /** @param at milliseconds of `performance.now()` */
  record(lsn: string, at: number): void {
    const last = this.#samples.at(-1);
    if (last && last.lsn >= lsn) return;
    this.#samples.push({ at, lsn });
    // Keeps one sample that is older than the retention, for replicas that are so far behind.
    const old = this.#samples.findIndex((sample) => sample.at >= at - this.retentionMs);
    if (old > 1) this.#samples.splice(0, old - 1);
  }

  /** Drops all samples: the LSNs of a new primary belong to a new timeline. */
  reset(): void {
    this.#samples = [];
  }

  /** Returns the milliseconds for which a replica at this LSN has been behind, at most about the retention. */
  lagOf(lsn: string, now: number): number {
    const ahead = this.#samples.find((sample) => sample.lsn > lsn);
    return ahead ? Math.max(0, now - ahead.at) : 0;
  }

  /** The LSN of the latest sample. */
  get latest(): string | undefined {
    return this.#samples.at(-1)?.lsn;
  }
}
