import { setTimeout as pause } from 'node:timers/promises';
import type { Cache } from '@nestjs/cache-manager';
import {
  CallContext,
  Consistency,
  currentCall,
  outsideCalls,
  type Positions,
  Reach,
  runCall,
} from '@tearline/seam';
import type { Cached } from './cached.js';
import type { Changes } from './changes.js';
import { Entry, EntryOnWire } from './entry.js';
import type { MemoryLevel } from './memory-level.js';
import type { Lease, RedisLevel } from './redis-level.js';
import { moduleOf, positionIn, type Stamp, type Tag } from './stamp.js';

/**
 * Makes a value; null when there is none.
 * @param depend tells what else the value is made of than what the key says
 */
export type Load<T> = (depend: (...tags: Tag[]) => void) => Promise<T | null>;

/** What is asked for. */
export interface Question<T> {
  readonly what: Cached<T>;
  readonly key: string;
  /** What the value is made of as far as the key says. */
  readonly tags: readonly Tag[];
  readonly load: Load<T>;
}

/** Where a value came from. */
export interface Fetched<T> {
  readonly entry: Entry<T>;
  readonly by: 'redis' | 'loaded';
}

const NOTHING: Positions = new Map();
const LOAD_MS = 10_000;
const LEASE_MS = 5_000;
/** So long a host waits for what another one loads; then it loads by itself. */
const PATIENCE_MS = 1_000;
const FIRST_LOOK_MS = 5;
const LONGEST_LOOK_MS = 50;

/** Gets what is not in memory: from Redis, or from its module, by one host at a time. */
export class Fetching {
  constructor(
    private readonly cache: Cache,
    private readonly memory: MemoryLevel,
    private readonly redis: RedisLevel | undefined,
    private readonly changes: Changes,
  ) {}

  /** @param need what the first of those who wait for it must see */
  async fetch<T>(question: Question<T>, need: Positions): Promise<Fetched<T>> {
    const until = performance.now() + PATIENCE_MS;
    let lease: Lease | null | undefined;
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(1.5 * wait, LONGEST_LOOK_MS)) {
      const kept = await this.#find(question, need);
      if (kept) return { entry: kept, by: 'redis' };
      lease = await this.redis?.lease(question.key, LEASE_MS);
      if (lease !== null || performance.now() > until) break;
      await pause(wait, undefined, { ref: false });
    }
    try {
      // Whoever had the lease before may have been done between our look and our turn.
      const meanwhile = lease && (await this.#find(question, need));
      if (meanwhile) return { entry: meanwhile, by: 'redis' };
      return { entry: await this.load(question, need), by: 'loaded' };
    } finally {
      await lease?.();
    }
  }

  /** For nobody in particular, unless another host is at it. @returns whether it was made anew */
  async refresh<T>(question: Question<T>): Promise<boolean> {
    const kept = await this.#find(question, NOTHING);
    if (kept && kept.freshUntil > Date.now()) return false;
    const lease = await this.redis?.lease(question.key, LEASE_MS);
    if (lease === null) return false;
    try {
      await this.load(question, NOTHING);
      return true;
    } finally {
      await lease?.();
    }
  }

  /** Makes the value anew, and keeps it unless it is outdated already. */
  async load<T>({ what, key, tags, load }: Question<T>, need: Positions): Promise<Entry<T>> {
    const began = this.changes.now;
    const known = this.#changesOf(new Set([...tags, ...(this.memory.find(key)?.tags ?? [])]));
    const all = new Set(tags);
    const reach = new Reach();
    const value = await runCall(contextFor(need, known, reach), () =>
      load((...more) => more.forEach((tag) => all.add(tag))),
    );
    const after = [...all].flatMap((tag) => {
      const stamp = known.get(tag);
      return stamp === undefined || stamp !== this.changes.of(tag) ? [] : [[tag, stamp] as const];
    });
    const fresh = value === null ? what.absentMs : what.freshMs * (0.85 + 0.3 * Math.random());
    const freshUntil = Math.round(Date.now() + fresh);
    const staleUntil = freshUntil + (value === null ? 0 : what.staleMs);
    const entry = new Entry(what, key, {
      text: JSON.stringify(value),
      reach: reach.toWire(),
      tags: [...all],
      after: Object.fromEntries(after),
      freshUntil,
      staleUntil,
    });
    // Then whoever loads it next knows its tags, and what to see of them.
    entry.isOutdated = !this.changes.areIn(entry, began);
    if (entry.isOutdated) await this.cache.stores[0]!.set(key, entry);
    else await this.cache.set(key, entry, staleUntil - Date.now());
    return entry;
  }

  /** What Redis has, if it is of use. */
  async #find<T>({ what, key }: Question<T>, need: Positions): Promise<Entry<T> | undefined> {
    if (!this.redis?.isUp) return undefined;
    const began = this.changes.now;
    const kept = EntryOnWire.safeParse(await this.cache.stores[1]!.get(key));
    if (!kept.success) return undefined;
    const entry = new Entry(what, key, kept.data);
    if (entry.staleUntil < Date.now() || !entry.suits(need) || !isOf(what, entry.text)) return undefined;
    const stamps = await this.redis.stampsOf(entry.tags);
    if (!stamps) return undefined;
    for (const [index, stamp] of stamps.entries())
      if (stamp !== null && !entry.isAfter(entry.tags[index]!, stamp)) return undefined;
    if (!this.changes.areIn(entry, began)) return undefined;
    await this.cache.stores[0]!.set(key, entry);
    return entry;
  }

  #changesOf(tags: Iterable<Tag>): Map<Tag, Stamp> {
    return new Map(
      [...tags].flatMap((tag) => {
        const stamp = this.changes.of(tag);
        return stamp === undefined ? [] : [[tag, stamp] as const];
      }),
    );
  }
}

/**
 * A call of its own, as others than who began it may wait for the value: for nobody in particular, and not ended when
 * that one leaves. It sees what that one must see, and what is known to have changed.
 */
function contextFor(need: Positions, changes: ReadonlyMap<Tag, Stamp>, reach: Reach): CallContext {
  const positions = [...changes].map(([tag, stamp]) => [moduleOf(tag), positionIn(stamp)] as const);
  const isUnknown = positions.some(([, position]) => position === undefined);
  const consistency = new Consistency(isUnknown ? 'strong' : 'session', need);
  consistency.isComplete = true;
  for (const [module, position] of positions) if (position) consistency.see([[module, position]]);
  const { requestId = 'cache', traceparent } = currentCall() ?? {};
  const deadline = performance.now() + LOAD_MS;
  return outsideCalls(() => new CallContext({ requestId, traceparent, deadline, consistency, reach }));
}

function isOf<T>({ schema }: Cached<T>, text: string): boolean {
  if (text === 'null') return true;
  try {
    return schema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
