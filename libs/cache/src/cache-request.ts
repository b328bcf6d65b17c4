import type { CacheDefinition } from './cache-definition.js';
import type { CacheCounters } from './cache-metrics.js';
import type { Tag } from './tag-version.js';

/**
 * Loads a value from its module; null when there is none.
 * @param addTags adds tags that the key does not imply
 */
export type Loader<T> = (addTags: (...tags: Tag[]) => void) => Promise<T | null>;

/** One read of one key. */
export interface CacheRequest<T> {
  readonly cache: CacheDefinition<T>;
  /** With the cache's prefix. */
  readonly key: string;
  /** The tags that the key implies. */
  readonly tags: readonly Tag[];
  readonly load: Loader<T>;
  readonly counters: CacheCounters;
}
