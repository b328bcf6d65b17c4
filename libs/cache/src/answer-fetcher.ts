import type { AnswerPart, AnswerRequest, PositionsByModule } from '@tearline/seam';
import type { CacheDefinition } from './cache-definition.js';
import type { CacheCounters } from './cache-metrics.js';
import { Entry } from './entry.js';
import type { InvalidationLog } from './invalidation-log.js';
import type { Loads } from './loads.js';
import type { MemoryStore } from './memory-store.js';
import type { RedisStore } from './redis-store.js';

/** @property startedAt the sequence of the invalidation log at its start */
type InFlightAnswers = Readonly<{ startedAt: number; result: Promise<FetchedAnswers> }>;

export interface FetchedAnswers {
  /** By the key of the part. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Whether the owner was asked. */
  readonly isAsked: boolean;
}

/** What one caller wants. */
interface Fetch {
  readonly request: AnswerRequest;
  readonly cache: CacheDefinition<unknown>;
  readonly required: PositionsByModule;
  readonly counters: CacheCounters;
}

/**
 * Fetches answers that are not in memory: from Redis, else from their owner, all those of one call with one question. Within a
 * process callers share the questions in flight. Processes do not wait for one another: a lease for each answer would cost more than
 * the question.
 */
export class AnswerFetcher {
  readonly #inFlight = new Map<string, InFlightAnswers>();

  constructor(
    private readonly memory: MemoryStore,
    private readonly redis: RedisStore | undefined,
    private readonly invalidations: InvalidationLog,
    private readonly loads: Loads,
  ) {}

  /** @param required the positions that the caller must see */
  async fetch(
    request: AnswerRequest,
    cache: CacheDefinition<unknown>,
    parts: readonly AnswerPart[],
    required: PositionsByModule,
    counters: CacheCounters,
  ): Promise<FetchedAnswers> {
    const wanted = { request, cache, required, counters };
    const arrivedAt = this.invalidations.sequence;
    const idle = parts.filter(({ key }) => !this.#inFlight.has(cache.keyPrefix + key));
    const busy = parts.filter((part) => !idle.includes(part));
    const [own, shared] = await Promise.all([
      idle.length > 0 ? this.#start(wanted, idle) : undefined,
      this.#share(wanted, busy, arrivedAt),
    ]);
    const entries = new Map([...(own?.entries ?? []), ...shared]);
    const left = parts.filter(({ key }) => !entries.has(key));
    if (left.length === 0) return { entries, isAsked: own?.isAsked === true };
    const more = await this.#start(wanted, left);
    return { entries: new Map([...entries, ...more.entries]), isAsked: true };
  }

  /** Waits for questions in flight; leaves out the answers that do not serve this caller. */
  async #share(
    { cache, required, counters }: Fetch,
    parts: readonly AnswerPart[],
    arrivedAt: number,
  ): Promise<Map<string, Entry>> {
    const usable = new Map<string, Entry>();
    const waiting = parts.map(({ key }) => [key, this.#inFlight.get(cache.keyPrefix + key)!] as const);
    await Promise.all(
      waiting.map(async ([key, { startedAt, result }]) => {
        const entry = (await result).entries.get(key)!;
        const isCurrent = startedAt >= arrivedAt || this.invalidations.isCurrent(entry, startedAt);
        if (!isCurrent || !entry.satisfies(required)) return;
        counters.reads.coalesced += 1;
        usable.set(key, entry);
      }),
    );
    return usable;
  }

  async #start(wanted: Fetch, parts: readonly AnswerPart[]): Promise<FetchedAnswers> {
    const keys = parts.map(({ key }) => wanted.cache.keyPrefix + key);
    const inFlight = { startedAt: this.invalidations.sequence, result: this.#fetch(wanted, parts) };
    for (const key of keys) if (!this.#inFlight.has(key)) this.#inFlight.set(key, inFlight);
    try {
      return await inFlight.result;
    } finally {
      for (const key of keys) if (this.#inFlight.get(key) === inFlight) this.#inFlight.delete(key);
    }
  }

  async #fetch(wanted: Fetch, parts: readonly AnswerPart[]): Promise<FetchedAnswers> {
    const entries = await this.#findInRedis(wanted, parts);
    wanted.counters.reads.redis += entries.size;
    const missing = parts.filter(({ key }) => !entries.has(key));
    if (missing.length === 0) return { entries, isAsked: false };
    const loaded = await this.#load(wanted, missing);
    wanted.counters.reads.loaded += loaded.length;
    missing.forEach(({ key }, at) => entries.set(key, loaded[at]!));
    return { entries, isAsked: true };
  }

  async #load({ request, cache, required, counters }: Fetch, parts: readonly AnswerPart[]): Promise<Entry[]> {
    const wanted = parts.map(({ key, tags }) => ({ cache, key: cache.keyPrefix + key, tags }));
    try {
      const entries = await this.loads.run(wanted, required, async () =>
        (await request.ask(parts)).map(({ json, tags }, at) => ({
          value: json,
          tags: [...parts[at]!.tags, ...tags],
        })),
      );
      // The caller need not wait for what serves others.
      void this.redis?.setMany(
        entries
          .filter(({ isStorable }) => isStorable)
          .map((entry) => ({ key: entry.key, serialized: entry.serialize(), ttlMs: entry.remainingMs })),
      );
      return entries;
    } catch (error) {
      counters.loadFailures += 1;
      throw error;
    }
  }

  /** Returns the entries in Redis that satisfy the caller and include all invalidations; copies them to memory. */
  async #findInRedis({ cache, required }: Fetch, parts: readonly AnswerPart[]): Promise<Map<string, Entry>> {
    const usable = new Map<string, Entry>();
    if (!this.redis?.isUp) return usable;
    const startedAt = this.invalidations.sequence;
    const implied = [...new Set(parts.flatMap(({ tags }) => tags))];
    const inRedis = await this.redis.find(
      parts.map(({ key }) => cache.keyPrefix + key),
      implied,
    );
    if (!inRedis) return usable;
    const found = parts.flatMap(({ key }, at) => {
      const text = inRedis.serialized[at];
      const entry = text ? Entry.parse(cache, cache.keyPrefix + key, text) : undefined;
      return entry ? [{ key, entry }] : [];
    });
    const all = new Set(found.flatMap(({ entry }) => entry.metadata.tags));
    const addedVersions = await this.redis.versionsOf([...all].filter((tag) => !implied.includes(tag)));
    if (!addedVersions) return usable;
    const versions = [...inRedis.versions, ...addedVersions];
    // So that the load which may follow sees these invalidations.
    this.memory.catchUp(versions);
    for (const { key, entry } of found) {
      if (!entry.isServable || !entry.satisfies(required)) continue;
      const own = new Set(entry.metadata.tags);
      entry.isInvalidated = versions.some(([tag, version]) => own.has(tag) && !entry.includes(tag, version));
      this.memory.set(entry, startedAt);
      if (!entry.isInvalidated) usable.set(key, entry);
    }
    return usable;
  }
}
