import { type Positions, type ReachOnWire, shows } from '@tearline/seam';
import { z } from 'zod';
import type { Cached } from './cached.js';
import { isShownAt, moduleOf, type Stamp, type Tag } from './stamp.js';

/** What is kept of a value, as it travels. */
export const EntryOnWire = z.object({
  /** The value as JSON; `null` says that there is none. */
  text: z.string(),
  /** How far the data was that it was made of. */
  reach: z.record(z.string(), z.string().nullable()),
  tags: z.array(z.string()),
  /** The latest changes that were known of its tags before it was made, and that it shows. */
  after: z.record(z.string(), z.string()),
  /** Milliseconds since 1970. */
  freshUntil: z.number(),
  staleUntil: z.number(),
});
export type EntryOnWire = z.infer<typeof EntryOnWire>;

/** Whose bytes these are. */
const owners = new WeakMap<Buffer, Entry>();

/** Roughly what an entry takes beside its text and its tags. */
const OVERHEAD_BYTES = 400;
const TAG_BYTES = 100;

/** A value, and what has to be known to decide who may see it. It is like a replica of a few rows. */
export class Entry<T = unknown> {
  /** The value as JSON, in the bytes that are sent. */
  readonly json: Buffer;
  readonly reach: ReachOnWire;
  readonly tags: readonly Tag[];
  readonly after: Readonly<Record<Tag, Stamp>>;
  readonly freshUntil: number;
  readonly staleUntil: number;
  /** Something has changed since: it is kept only to know what whoever fetches it anew has to see. */
  isOutdated = false;
  #value: T | undefined;

  constructor(
    readonly what: Cached<T>,
    readonly key: string,
    wire: EntryOnWire,
  ) {
    this.json = Buffer.from(wire.text);
    owners.set(this.json, this);
    ({
      reach: this.reach,
      tags: this.tags,
      after: this.after,
      freshUntil: this.freshUntil,
      staleUntil: this.staleUntil,
    } = wire);
  }

  get text(): string {
    return this.json.toString();
  }

  static of(json: Buffer): Entry | undefined {
    return owners.get(json);
  }

  /** What is given once and not kept. */
  static unkept<T>(what: Cached<T>, key: string, value: T | null): Entry<T> {
    const nothing = { reach: {}, tags: [], after: {}, freshUntil: Infinity, staleUntil: Infinity };
    return new Entry(what, key, { text: JSON.stringify(value), ...nothing });
  }

  get isAbsent(): boolean {
    return this.json.length === 4 && this.text === 'null';
  }

  /** The value, made once; undefined when there is none. Not to be changed by whoever gets it. */
  get value(): T | undefined {
    if (this.isAbsent) return undefined;
    return (this.#value ??= JSON.parse(this.text) as T);
  }

  /** Whether a reader sees everything here that it has to see. */
  suits(need: Positions): boolean {
    if (need.size === 0) return true;
    return this.what.of.every((module) => {
      const needed = need.get(module);
      return needed === undefined || shows(this.reach[module], needed);
    });
  }

  /** Whether it shows a change of what one of its tags names. */
  isAfter(tag: Tag, stamp: Stamp): boolean {
    return this.after[tag] === stamp || isShownAt(this.reach[moduleOf(tag)], stamp);
  }

  get bytes(): number {
    return OVERHEAD_BYTES + 2 * this.json.length + TAG_BYTES * this.tags.length;
  }

  toJSON(): EntryOnWire {
    const { text, reach, tags, after, freshUntil, staleUntil } = this;
    return { text, reach, tags: [...tags], after, freshUntil, staleUntil };
  }
}
