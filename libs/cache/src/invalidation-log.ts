import { LRUCache } from 'lru-cache';
import type { Entry } from './entry.js';
import { supersedes, type Tag, type TagVersion } from './tag-version.js';

const MAX_TAGS = 20_000;

interface Invalidation {
  readonly version: TagVersion;
  readonly sequence: number;
}

/** The latest known version of each tag in this process: no entry that lacks one may be served. */
export class InvalidationLog {
  #sequence = 0;
  /** Loads that started before this may lack an invalidation that is not in the log: evicted, or missed. */
  #incompleteBefore = 0;
  readonly #latest = new LRUCache<Tag, Invalidation>({
    max: MAX_TAGS,
    dispose: ({ sequence }, _tag, reason) => {
      if (reason === 'evict') this.#incompleteBefore = Math.max(this.#incompleteBefore, sequence);
    },
  });

  /** The number of the last invalidation; orders two moments of this process. */
  get sequence(): number {
    return this.#sequence;
  }

  /** @returns whether the version is new, and not earlier than the known one */
  record(tag: Tag, version: TagVersion): boolean {
    const known = this.latest(tag);
    if (known === version || !supersedes(version, known)) return false;
    this.#sequence += 1;
    this.#latest.set(tag, { version, sequence: this.#sequence });
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
      return invalidation === undefined || entry.includes(tag, invalidation.version);
    });
  }
}
