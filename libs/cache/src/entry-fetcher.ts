import { setTimeout as pause } from 'node:timers/promises';
import {
  CallContext,
  Consistency,
  currentCall,
  runOutsideCall,
  type PositionsByModule,
  ReadWatermark,
  runCall,
} from '@tearline/seam';
import type { CacheRequest } from './cache-request.js';
import { Entry } from './entry.js';
import type { InvalidationLog } from './invalidation-log.js';
import type { MemoryStore } from './memory-store.js';
import type { RedisStore } from './redis-store.js';
import { NO_POSITIONS } from './required-positions.js';
import { moduleOf, positionOf, type VersionedTag } from './tag-version.js';

export interface FetchedEntry<T> {
  readonly entry: Entry<T>;
  readonly source: 'redis' | 'loaded' | 'coalesced';
}

const LOAD_TIMEOUT_MS = 10_000;
/** After this long without the lease a process loads without it. */
const MAX_LEASE_WAIT_MS = 1_000;
const MIN_POLL_INTERVAL_MS = 5;
const MAX_POLL_INTERVAL_MS = 50;

/** Fetches what is not in memory: from Redis, else from its module, one process at a time. */
export class EntryFetcher {
  constructor(
    private readonly memory: MemoryStore,
    private readonly redis: RedisStore | undefined,
    private readonly invalidations: InvalidationLog,
  ) {}

  /** @param required the positions that the caller must see */
  async fetch<T>(request: CacheRequest<T>, required: PositionsByModule): Promise<FetchedEntry<T>> {
    const findOrLoad = async (): Promise<FetchedEntry<T>> => {
      const entry = await this.#findInRedis(request, required);
      if (entry) return { entry, source: 'redis' };
      return { entry: await this.#load(request, required), source: 'loaded' };
    };
    const giveUpAt = performance.now() + MAX_LEASE_WAIT_MS;
    for (let wait = MIN_POLL_INTERVAL_MS; ; wait = Math.min(1.5 * wait, MAX_POLL_INTERVAL_MS)) {
      const entry = await this.#findInRedis(request, required);
      if (entry) return { entry, source: 'redis' };
      // Under the lease it looks again: the previous holder may just have stored the entry.
      const fetched = await this.#underLease(request.key, findOrLoad);
      if (fetched) return fetched;
      if (performance.now() > giveUpAt) return findOrLoad();
      await pause(wait, undefined, { ref: false });
    }
  }

  /** Reloads a stale value, unless another process does. @returns whether it was reloaded */
  async refresh<T>(request: CacheRequest<T>): Promise<boolean> {
    const entry = await this.#findInRedis(request, NO_POSITIONS);
    if (entry?.isFresh) return false;
    return !!(await this.#underLease(request.key, () => this.#load(request, NO_POSITIONS)));
  }

  /** Runs work under the lease of a key, if there is a Redis; returns undefined while another process holds it. */
  #underLease<T>(key: string, work: () => Promise<T>): Promise<T | undefined> {
    return this.redis ? this.redis.underLease(key, work) : work();
  }

  /** Loads a value from its module, and stores it unless it was invalidated meanwhile. */
  async #load<T>(request: CacheRequest<T>, required: PositionsByModule): Promise<Entry<T>> {
    const { cache, key, load, counters } = request;
    const startedAt = this.invalidations.sequence;
    // The load adds tags only while it runs. Those of the previous entry tell which invalidations it must see.
    const tags = new Set(request.tags);
    const knownVersions = [...tags.union(new Set(this.memory.get(key)?.metadata.tags))].flatMap(
      (tag): VersionedTag[] => {
        const version = this.invalidations.latest(tag);
        return version === undefined ? [] : [[tag, version]];
      },
    );
    const watermark = new ReadWatermark();
    let value: T | null;
    try {
      value = await runCall(loadContext(required, knownVersions, watermark), () =>
        load((...more) => more.forEach((tag) => tags.add(tag))),
      );
    } catch (error) {
      counters.loadFailures += 1;
      throw error;
    }
    const versionsAtLoad = knownVersions.filter(
      ([tag, version]) => tags.has(tag) && version === this.invalidations.latest(tag),
    );
    // Jitter keeps entries that were loaded together from expiring together.
    const ttlMs = value === null ? cache.negativeTtlMs : cache.ttlMs * (0.85 + 0.3 * Math.random());
    const freshUntil = Math.round(Date.now() + ttlMs);
    const staleUntil = freshUntil + (value === null ? 0 : cache.staleWhileRevalidateMs);
    const entry = new Entry(cache, key, JSON.stringify(value), {
      readPositions: watermark.toWire(),
      tags: [...tags],
      versionsAtLoad: Object.fromEntries(versionsAtLoad),
      freshUntil,
      staleUntil,
    });
    this.memory.set(entry, startedAt);
    if (!entry.isInvalidated) await this.redis?.set(key, entry.serialize(), staleUntil - Date.now());
    return entry;
  }

  /** Returns the entry in Redis if it satisfies the reader and includes all invalidations; copies it to memory. */
  async #findInRedis<T>(
    { cache, key, tags }: CacheRequest<T>,
    required: PositionsByModule,
  ): Promise<Entry<T> | undefined> {
    if (!this.redis?.isUp) return undefined;
    const startedAt = this.invalidations.sequence;
    const serialized = await this.redis.get(key);
    const entry = serialized ? Entry.parse(cache, key, serialized) : undefined;
    const versions = await this.redis.versionsOf(entry?.metadata.tags ?? tags);
    if (!versions) return undefined;
    // So that the load which may follow sees these invalidations.
    this.memory.catchUp(versions);
    if (!entry?.isServable || !entry.satisfies(required)) return undefined;
    entry.isInvalidated = !versions.every(([tag, version]) => entry.includes(tag, version));
    this.memory.set(entry, startedAt);
    return entry.isInvalidated ? undefined : entry;
  }
}

/**
 * Returns a call context of the load's own, because several readers share it: without a principal, and not cancelled with the
 * first reader. It requires what that reader must see, and the known invalidations.
 */
function loadContext(
  required: PositionsByModule,
  knownVersions: readonly VersionedTag[],
  readWatermark: ReadWatermark,
): CallContext {
  const positions = knownVersions.map(([tag, version]) => [moduleOf(tag), positionOf(version)] as const);
  const isUnknown = positions.some(([, position]) => position === undefined);
  const consistency = new Consistency(isUnknown ? 'strong' : 'session', required);
  consistency.isComplete = true;
  for (const [module, position] of positions) if (position) consistency.observe([[module, position]]);
  const { requestId = 'cache', traceparent } = currentCall() ?? {};
  const deadline = performance.now() + LOAD_TIMEOUT_MS;
  return runOutsideCall(
    () => new CallContext({ requestId, traceparent, deadline, consistency, readWatermark }),
  );
}
