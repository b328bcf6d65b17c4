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
    const { key, load, counters } = request;
    try {
      const [entry] = await this.loads.run([request], required, async () => {
        const tags = new Set(request.tags);
        const value = await load((...more) => more.forEach((tag) => tags.add(tag)));
        return [{ value, tags }];
      });
      if (entry!.isStorable) await this.redis?.set(key, entry!.serialize(), entry!.remainingMs);
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
