import { LRUCache } from 'lru-cache';
import type { Entry } from './entry.js';
import type { InvalidationLog } from './invalidation-log.js';
import { supersedes, type VersionedTag } from './tag-version.js';

/** The first level of the cache: entries of this process, evicted by size, least recently used first. */
export class MemoryStore {
  readonly #entries: LRUCache<string, Entry>;
  readonly #byTag = new Map<string, Set<Entry>>();

  constructor(
    maxBytes: number,
    private readonly invalidations: InvalidationLog,
  ) {
    this.#entries = new LRUCache<string, Entry>({
      maxSize: maxBytes,
      maxEntrySize: Math.ceil(maxBytes / 4),
      sizeCalculation: (entry, key) => entry.bytes + 2 * key.length,
      dispose: (entry) => this.#untag(entry),
    });
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /**
   * Stores an entry, marked if it lacks an invalidation. Such an entry does not replace a valid one.
   * @param startedAt the sequence of the invalidation log when its load started, or the read of it from Redis
   */
  set(entry: Entry, startedAt: number): void {
    const { key } = entry;
    entry.isInvalidated ||= !this.invalidations.isCurrent(entry, startedAt);
    if (entry.isInvalidated && this.#entries.peek(key)?.isInvalidated === false) return;
    this.#entries.set(key, entry);
    const isStored = this.#entries.peek(key) === entry;
    if (entry.isInvalidated || !isStored) return;
    for (const tag of entry.metadata.tags) {
      const entries = this.#byTag.get(tag);
      if (entries) entries.add(entry);
      else this.#byTag.set(tag, new Set([entry]));
    }
  }

  /** Records new versions of tags, and marks the entries that do not include them. */
  invalidate(versions: readonly VersionedTag[]): void {
    for (const [tag, version] of versions) {
      if (!this.invalidations.record(tag, version)) continue;
      for (const entry of this.#byTag.get(tag) ?? []) {
        if (entry.includes(tag, version)) continue;
        entry.isInvalidated = true;
        // Untagged, it costs later invalidations nothing.
        this.#untag(entry);
      }
    }
  }

  /** Records versions whose broadcasts this process may have missed. Of two that do not compare the known one is kept. */
  catchUp(versions: readonly VersionedTag[]): void {
    this.invalidate(
      versions.filter(([tag, version]) => {
        const known = this.invalidations.latest(tag);
        return known === undefined || !supersedes(known, version);
      }),
    );
  }

  /** Marks all entries, when which invalidations were missed is unknown. */
  invalidateAll(): void {
    this.invalidations.recordGap();
    for (const entry of this.#entries.values()) entry.isInvalidated = true;
    this.#byTag.clear();
  }

  get entryCount(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  /** The number of tags that valid entries have. */
  get tagCount(): number {
    return this.#byTag.size;
  }

  #untag(entry: Entry): void {
    for (const tag of entry.metadata.tags) {
      const entries = this.#byTag.get(tag);
      if (entries?.delete(entry) && entries.size === 0) this.#byTag.delete(tag);
    }
  }
}
