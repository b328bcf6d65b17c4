import { hash } from 'node:crypto';
import { type PositionsByModule, covers } from '@tearline/seam';
import { z } from 'zod';
import type { CacheDefinition } from './cache-definition.js';
import { surrogateKeys } from './surrogate-keys.js';
import { moduleOf, positionOf, type Tag, type TagVersion } from './tag-version.js';

/** What decides which reads an entry satisfies, and for how long. */
const EntryMetadata = z.object({
  /** By module, the position up to which the entry includes all writes; null when it is unknown. */
  readPositions: z.record(z.string(), z.string().nullable()),
  tags: z.array(z.string()),
  /** The versions of its tags that were known when its load started, and that it includes. */
  versionsAtLoad: z.record(z.string(), z.string()),
  /** Milliseconds since 1970. */
  freshUntil: z.number(),
  staleUntil: z.number(),
});
type EntryMetadata = z.infer<typeof EntryMetadata>;

/** An entry as Redis holds it, with the value as JSON. */
const SerializedEntry = EntryMetadata.extend({ text: z.string() });

/** Estimates of what an entry takes beside its text. */
const OVERHEAD_BYTES = 400;
const TAG_BYTES = 60;

/** A cached value, with the positions and tags that decide which reads it satisfies: like a replica of a few rows. */
export class Entry<T = unknown> {
  /** The value as JSON, in the bytes that are sent; `null` in a negative entry. */
  readonly json: Buffer;
  /** An invalidated entry is never served. It stays for its tags: they tell which invalidations the next load must see. */
  isInvalidated = false;
  /** The modules that could not be asked when it was loaded. Such an entry serves its readers alone, and is stored nowhere. */
  degraded: ReadonlySet<string> | undefined;
  #value: T | undefined;
  #etag: string | undefined;
  #surrogateKeys: string | undefined;

  constructor(
    readonly cache: CacheDefinition<T>,
    readonly key: string,
    text: string,
    readonly metadata: EntryMetadata,
  ) {
    this.json = Buffer.from(text);
  }

  /** Returns an entry of another process; undefined when it or its value has a different shape. */
  static parse<T>(cache: CacheDefinition<T>, key: string, serialized: string): Entry<T> | undefined {
    try {
      const { text, ...metadata } = SerializedEntry.parse(JSON.parse(serialized));
      const entry = new Entry(cache, key, text, metadata);
      return entry.isNegative || cache.schema.safeParse(JSON.parse(text)).success ? entry : undefined;
    } catch {
      return undefined;
    }
  }

  serialize(): string {
    return JSON.stringify({ ...this.metadata, text: this.text });
  }

  get text(): string {
    return this.json.toString();
  }

  /** Whether it says that there is no value. */
  get isNegative(): boolean {
    return this.json.length === 4 && this.text === 'null';
  }

  /** The value, parsed once and shared by its readers, who must not change it; undefined in a negative entry. */
  get value(): T | undefined {
    if (this.isNegative) return undefined;
    return (this.#value ??= JSON.parse(this.text) as T);
  }

  /** Identifies the bytes, with its quotes. */
  get etag(): string {
    return (this.#etag ??= `"${hash('sha256', this.json, 'base64url').slice(0, 22)}"`);
  }

  /** Its tags, as shared caches know them. */
  get surrogateKeys(): string {
    return (this.#surrogateKeys ??= surrogateKeys(this.metadata.tags));
  }

  get isFresh(): boolean {
    return this.metadata.freshUntil >= Date.now();
  }

  /** Whether readers may get it while it is reloaded. */
  get isServable(): boolean {
    return !this.isInvalidated && this.metadata.staleUntil >= Date.now();
  }

  /** Whether other processes may use it. */
  get isStorable(): boolean {
    return !this.isInvalidated && this.degraded === undefined;
  }

  /** Milliseconds for which it may still be served. */
  get remainingMs(): number {
    return this.metadata.staleUntil - Date.now();
  }

  /** Whether it includes all writes up to the required positions. */
  satisfies(required: PositionsByModule): boolean {
    if (required.size === 0) return true;
    return this.cache.modules.every((module) => {
      const position = required.get(module);
      return position === undefined || covers(this.metadata.readPositions[module], position);
    });
  }

  /**
   * Whether it certainly includes the write that gave a tag this version. Positions decide where they are known; the versions
   * at load cover writes without one, and loads whose own position is unknown.
   */
  includes(tag: Tag, version: TagVersion): boolean {
    const { versionsAtLoad, readPositions } = this.metadata;
    if (versionsAtLoad[tag] === version) return true;
    const position = positionOf(version);
    return position !== undefined && covers(readPositions[moduleOf(tag)], position);
  }

  get bytes(): number {
    const tagBytes = this.metadata.tags.reduce((sum, tag) => sum + TAG_BYTES + 2 * tag.length, 0);
    return OVERHEAD_BYTES + 2 * this.json.length + tagBytes;
  }
}
