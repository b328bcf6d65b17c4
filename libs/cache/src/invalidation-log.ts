import { LRUCache } from 'lru-cache';
import type { Entry } from './entry.js';
import { positionOf, type Tag, type TagVersion } from './tag-version.js';

const MAX_TAGS = 20_000;

interface Invalidation {
  readonly version: TagVersion;
  readonly sequence: number;
}

/** The latest known version of each tag in this process: no entry that lacks one may be served. */
export class InvalidationLog {
  #sequence = 0;
  /** Loads that started before this may lack an invalidation that is no longer in the log. */
  #horizon = 0;
  readonly #latest = new LRUCache<Tag, Invalidation>({
    max: MAX_TAGS,
    dispose: ({ sequence }, _tag, reason) => {
      if (reason === 'evict') this.#horizon = Math.max(this.#horizon, sequence);
    },
  });

  /** The number of the last invalidation; orders two moments of this process. */
  get sequence(): number {
    return this.#sequence;
  }

  /** @returns whether the version is new */
  record(tag: Tag, version: TagVersion): boolean {
    const known = this.#latest.get(tag)?.version;
    if (known === version) return false;
    this.#sequence += 1;
    const isLater = known === undefined || (positionOf(version) ?? '~') >= (positionOf(known) ?? '');
    this.#latest.set(tag, { version: isLater ? version : known, sequence: this.#sequence });
    return true;
  }

  /** Records that invalidations by other processes may have been missed. */
  recordGap(): void {
    this.#sequence += 1;
    this.#horizon = this.#sequence;
  }

  latest(tag: Tag): TagVersion | undefined {
    return this.#latest.get(tag)?.version;
  }

  /**
   * Returns whether an entry includes every known invalidation of its tags.
   * @param startedAt the {@link sequence} when its load started, for a load by this process
   */
  isCurrent(entry: Entry, startedAt = Infinity): boolean {
    if (startedAt < this.#horizon) return false;
    return entry.tags.every((tag) => {
      const invalidation = this.#latest.peek(tag);
      return invalidation === undefined || entry.includes(tag, invalidation.version);
    });
  }
}
