import { LRUCache } from 'lru-cache';
import type { Entry } from './entry.js';
import { InvalidationLog } from './invalidation-log.js';
import type { Tag, TagVersion } from './tag-version.js';

/** The first level of the cache: entries of this process, evicted by size, least recently used first. */
export class MemoryStore {
  readonly #entries: LRUCache<string, Entry>;
  readonly #byTag = new Map<Tag, Set<Entry>>();

  constructor(
    maxBytes: number,
    readonly invalidations = new InvalidationLog(),
  ) {
    this.#entries = new LRUCache<string, Entry>({
      maxSize: maxBytes,
      maxEntrySize: Math.ceil(maxBytes / 4),
      sizeCalculation: (entry, key) => entry.bytes + 2 * key.length,
      dispose: (entry) => this.#untag(entry),
    });
  }

  find(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** Stores an entry. One that was invalidated while it was loaded does not replace a valid one. */
  set(key: string, entry: Entry): void {
    entry.isInvalidated ||= !this.invalidations.isCurrent(entry);
    if (entry.isInvalidated && this.#entries.peek(key)?.isInvalidated === false) return;
    this.#entries.set(key, entry);
    const isStored = this.#entries.peek(key) === entry;
    if (entry.isInvalidated || !isStored) return;
    for (const tag of entry.tags) {
      const entries = this.#byTag.get(tag);
      if (entries) entries.add(entry);
      else this.#byTag.set(tag, new Set([entry]));
    }
  }

  /** Invalidates the entries with a tag that do not include its new version. */
  invalidate(tag: Tag, version: TagVersion): void {
    for (const entry of this.#byTag.get(tag) ?? []) {
      if (entry.includes(tag, version)) continue;
      entry.isInvalidated = true;
      // Untagged, it costs later invalidations nothing.
      this.#untag(entry);
    }
  }

  invalidateAll(): void {
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
    for (const tag of entry.tags) {
      const entries = this.#byTag.get(tag);
      if (entries?.delete(entry) && entries.size === 0) this.#byTag.delete(tag);
    }
  }
}
