import { LRUCache } from 'lru-cache';
import type { Entry } from './entry.js';
import { supersedes, type Tag, type TagVersion } from './tag-version.js';

const MAX_TAGS = 20_000;
/** Longer than a load takes, and than an entry is in Redis: what is stored later includes the invalidation. */
const RETENTION_MS = 120_000;

interface Invalidation {
  readonly version: TagVersion;
  readonly sequence: number;
  /** Loads that started earlier may lack an invalidation that arrived after the latest one. */
  readonly incompleteBefore: number;
}

/** The latest known version of each tag in this process: no entry that lacks one may be served. */
export class InvalidationLog {
  #sequence = 0;
  /** Loads that started before this may lack an invalidation that is not in the log: evicted, or missed. */
  #incompleteBefore = 0;
  readonly #latest = new LRUCache<Tag, Invalidation>({
    max: MAX_TAGS,
    ttl: RETENTION_MS,
    dispose: ({ sequence }, _tag, reason) => {
      if (reason === 'evict') this.#incompleteBefore = Math.max(this.#incompleteBefore, sequence);
    },
  });

  /** The number of the last invalidation; orders two moments of this process. */
  get sequence(): number {
    return this.#sequence;
  }

  /**
   * Records a version. One with an earlier position than the known one does not replace it, but counts: the known one may be
   * wrong, and then the others would have no effect.
   * @returns whether it differs from the known one
   */
  record(tag: Tag, version: TagVersion): boolean {
    const known = this.#latest.get(tag);
    if (known?.version === version) return false;
    this.#sequence += 1;
    const sequence = this.#sequence;
    if (known === undefined || supersedes(version, known.version))
      this.#latest.set(tag, { version, sequence, incompleteBefore: known?.incompleteBefore ?? 0 });
    else this.#latest.set(tag, { ...known, sequence, incompleteBefore: sequence });
    return true;
  }

  /** Records that invalidations by other processes may have been missed. */
  recordGap(): void {
    this.#sequence += 1;
    this.#incompleteBefore = this.#sequence;
  }

  latest(tag: Tag): TagVersion | undefined {
    return this.#latest.get(tag)?.version;
  }

  /**
   * Whether an entry includes every known invalidation of its tags.
   * @param startedAt the {@link sequence} when its load started, or the read of it from Redis
   */
  isCurrent(entry: Entry, startedAt: number): boolean {
    if (startedAt < this.#incompleteBefore) return false;
    return entry.metadata.tags.every((tag) => {
      const invalidation = this.#latest.peek(tag);
      if (invalidation === undefined) return true;
      return startedAt >= invalidation.incompleteBefore && entry.includes(tag, invalidation.version);
    });
  }
}
