import { LRUCache } from 'lru-cache';
import type { Changes } from './changes.js';
import type { Entry } from './entry.js';
import type { Stamp, Tag } from './stamp.js';

/** What Keyv puts around a value. */
interface Kept {
  readonly value: Entry;
}

/** The first level: entries of this process, the most recently used, as many as fit. A store for Keyv. */
export class MemoryLevel {
  readonly #entries: LRUCache<string, Entry>;
  readonly #byTag = new Map<Tag, Set<Entry>>();

  constructor(
    bytes: number,
    private readonly changes: Changes,
  ) {
    this.#entries = new LRUCache<string, Entry>({
      maxSize: bytes,
      maxEntrySize: Math.ceil(bytes / 4),
      sizeCalculation: (entry, key) => entry.bytes + 2 * key.length,
      dispose: (entry) => this.#untag(entry),
    });
  }

  /** Without the promises that a cache of several levels has to make: this is what most requests cost. */
  find(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  get(key: string): Kept | undefined {
    const value = this.find(key);
    return value && { value };
  }

  /** What was outdated on its way here says no more than what it was made of, unless there is something better. */
  set(key: string, { value }: Kept): void {
    value.isOutdated ||= !this.changes.areIn(value);
    if (value.isOutdated && this.#entries.peek(key)?.isOutdated === false) return;
    this.#entries.set(key, value);
    if (value.isOutdated || this.#entries.peek(key) !== value) return;
    for (const tag of value.tags) {
      const those = this.#byTag.get(tag);
      if (those) those.add(value);
      else this.#byTag.set(tag, new Set([value]));
    }
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Nobody gets what does not show a change. What is outdated is not looked at again. */
  outdate(tag: Tag, stamp: Stamp): void {
    for (const entry of this.#byTag.get(tag) ?? []) {
      if (entry.isAfter(tag, stamp)) continue;
      entry.isOutdated = true;
      this.#untag(entry);
    }
  }

  /** Nobody gets anything of what is here before it was looked at elsewhere. */
  outdateAll(): void {
    for (const entry of this.#entries.values()) entry.isOutdated = true;
    this.#byTag.clear();
  }

  get entries(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  /** Tags of what is good still. */
  get tags(): number {
    return this.#byTag.size;
  }

  #untag(entry: Entry): void {
    for (const tag of entry.tags) {
      const those = this.#byTag.get(tag);
      if (those?.delete(entry) && those.size === 0) this.#byTag.delete(tag);
    }
  }
}
