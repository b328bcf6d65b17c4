import { type PositionsByModule, type ReadWatermarkOnWire, covers } from '@tearline/seam';
import { z } from 'zod';
import type { CacheDefinition } from './cache-definition.js';
import { moduleOf, positionOf, type Tag, type TagVersion } from './tag-version.js';

/** An entry as Redis holds it. */
export const SerializedEntry = z.object({
  /** The value as JSON; `null` in a negative entry. */
  text: z.string(),
  /** By module, the position up to which the entry includes all writes; null when it is unknown. */
  readPositions: z.record(z.string(), z.string().nullable()),
  tags: z.array(z.string()),
  /** The versions of its tags that were known before it was loaded, and that it includes. */
  includedVersions: z.record(z.string(), z.string()),
  /** Milliseconds since 1970. */
  freshUntil: z.number(),
  staleUntil: z.number(),
});
export type SerializedEntry = z.infer<typeof SerializedEntry>;

const entriesByBuffer = new WeakMap<Buffer, Entry>();

/** Estimates of what an entry takes beside its text. */
const OVERHEAD_BYTES = 400;
const TAG_BYTES = 100;

/** A cached value, with the positions and tags that decide which reads it satisfies: like a replica of a few rows. */
export class Entry<T = unknown> {
  /** The value as JSON, in the bytes that are sent. */
  readonly json: Buffer;
  readonly readPositions: ReadWatermarkOnWire;
  readonly tags: readonly Tag[];
  readonly includedVersions: Readonly<Record<Tag, TagVersion>>;
  readonly freshUntil: number;
  readonly staleUntil: number;
  /** An invalidated entry is never served. It stays because the next load needs its tags. */
  isInvalidated = false;
  #value: T | undefined;

  constructor(
    readonly cache: CacheDefinition<T>,
    readonly key: string,
    serialized: SerializedEntry,
  ) {
    this.json = Buffer.from(serialized.text);
    entriesByBuffer.set(this.json, this);
    ({
      readPositions: this.readPositions,
      tags: this.tags,
      includedVersions: this.includedVersions,
      freshUntil: this.freshUntil,
      staleUntil: this.staleUntil,
    } = serialized);
  }

  /** Returns the entry that a buffer is the {@link json} of. */
  static of(json: Buffer): Entry | undefined {
    return entriesByBuffer.get(json);
  }

  /** Returns an entry for one reader, to be stored nowhere. */
  static uncached<T>(cache: CacheDefinition<T>, key: string, value: T | null): Entry<T> {
    const empty = {
      readPositions: {},
      tags: [],
      includedVersions: {},
      freshUntil: Infinity,
      staleUntil: Infinity,
    };
    return new Entry(cache, key, { text: JSON.stringify(value), ...empty });
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

  /** Whether it includes all writes up to the required positions. */
  satisfies(required: PositionsByModule): boolean {
    if (required.size === 0) return true;
    return this.cache.modules.every((module) => {
      const position = required.get(module);
      return position === undefined || covers(this.readPositions[module], position);
    });
  }

  /** Whether it certainly includes the write that gave a tag this version. */
  includes(tag: Tag, version: TagVersion): boolean {
    if (this.includedVersions[tag] === version) return true;
    const position = positionOf(version);
    return position !== undefined && covers(this.readPositions[moduleOf(tag)], position);
  }

  get bytes(): number {
    return OVERHEAD_BYTES + 2 * this.json.length + TAG_BYTES * this.tags.length;
  }

  toJSON(): SerializedEntry {
    const { text, readPositions, tags, includedVersions, freshUntil, staleUntil } = this;
    return { text, readPositions, tags: [...tags], includedVersions, freshUntil, staleUntil };
  }
}
