import { setTimeout as pause } from 'node:timers/promises';
import type { PositionsByModule } from '@tearline/seam';
import type { CacheRequest } from './cache-request.js';
import { Entry } from './entry.js';
import type { InvalidationLog } from './invalidation-log.js';
import type { Loads } from './loads.js';
import type { MemoryStore } from './memory-store.js';
import type { RedisStore } from './redis-store.js';
import { NO_POSITIONS } from './required-positions.js';

export interface FetchedEntry<T> {
  readonly entry: Entry<T>;
  readonly source: 'redis' | 'loaded' | 'coalesced';
}

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
    private readonly loads: Loads,
  ) {}

  /** @param required the positions that the caller must see */
  async fetch<T>(request: CacheRequest<T>, required: PositionsByModule): Promise<FetchedEntry<T>> {
    const find = async (): Promise<FetchedEntry<T> | undefined> => {
      const entry = await this.#findInRedis(request, required);
      return entry && { entry, source: 'redis' };
    };
    const load = async (): Promise<FetchedEntry<T>> => ({
      entry: await this.#load(request, required),
      source: 'loaded',
    });
    const giveUpAt = performance.now() + MAX_LEASE_WAIT_MS;
    for (let wait = MIN_POLL_INTERVAL_MS; ; wait = Math.min(1.5 * wait, MAX_POLL_INTERVAL_MS)) {
      const fetched = (await find()) ?? (await this.#underLease(request.key, find, load));
      if (fetched) return fetched;
      if (performance.now() > giveUpAt) return (await find()) ?? load();
      await pause(wait, undefined, { ref: false });
    }
  }

  /** Reloads a stale value, unless another process does. @returns whether it was reloaded */
  async refresh<T>(request: CacheRequest<T>): Promise<boolean> {
    const entry = await this.#findInRedis(request, NO_POSITIONS);
    if (entry?.isFresh) return false;
    const none = () => Promise.resolve(undefined);
    return !!(await this.#underLease(request.key, none, () => this.#load(request, NO_POSITIONS)));
  }

  /** Loads under the lease of a key, if there is a Redis; returns undefined while another process holds it. */
  #underLease<T>(
    key: string,
    find: () => Promise<T | undefined>,
    load: () => Promise<T>,
  ): Promise<T | undefined> {
    return this.redis ? this.redis.underLease(key, find, load) : load();
  }

  /** Loads a value from its module, and stores it unless it was invalidated meanwhile. */
  async #load<T>(request: CacheRequest<T>, required: PositionsByModule): Promise<Entry<T>> {
    const { key, load, counters } = request;
    try {
      const [entry] = await this.loads.run([request], required, async () => {
        const tags = new Set(request.tags);
        const value = await load((...more) => more.forEach((tag) => tags.add(tag)));
        return [{ value, tags }];
      });
      // Redis takes it before the release of the lease, so the next holder finds it.
      if (entry!.isStorable) void this.redis?.set(key, entry!.serialize(), entry!.remainingMs);
      return entry!;
    } catch (error) {
      counters.loadFailures += 1;
      throw error;
    }
  }

  /** Returns the entry in Redis if it satisfies the reader and includes all invalidations; copies it to memory. */
  async #findInRedis<T>(
    { cache, key, tags }: CacheRequest<T>,
    required: PositionsByModule,
  ): Promise<Entry<T> | undefined> {
    if (!this.redis?.isUp) return undefined;
    const startedAt = this.invalidations.sequence;
    const found = await this.redis.find([key], tags);
    if (!found) return undefined;
    const [serialized] = found.serialized;
    const entry = serialized ? Entry.parse(cache, key, serialized) : undefined;
    const added = entry?.metadata.tags.filter((tag) => !tags.includes(tag)) ?? [];
    const addedVersions = await this.redis.versionsOf(added);
    if (!addedVersions) return undefined;
    const versions = [...found.versions, ...addedVersions];
    // So that the load which may follow sees these invalidations.
    this.memory.catchUp(versions);
    if (!entry?.isServable || !entry.satisfies(required)) return undefined;
    entry.isInvalidated = !versions.every(([tag, version]) => entry.includes(tag, version));
    this.memory.set(entry, startedAt);
    return entry.isInvalidated ? undefined : entry;
  }
}
