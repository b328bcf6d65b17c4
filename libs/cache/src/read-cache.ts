import { Logger } from '@nestjs/common';
import { currentCall, runOutsideCall } from '@tearline/seam';
import type { CacheDefinition } from './cache-definition.js';
import type { CacheCounters, CountersByCache, ReadResult } from './cache-metrics.js';
import type { CacheRequest, Loader } from './cache-request.js';
import { Entry } from './entry.js';
import type { EntryFetcher } from './entry-fetcher.js';
import type { Invalidator } from './invalidator.js';
import type { MemoryStore } from './memory-store.js';
import type { RedisStore } from './redis-store.js';
import { MUST_LOAD, type RequiredPositions } from './required-positions.js';
import type { ResponseCache } from './response-cache.js';
import type { SingleFlight } from './single-flight.js';
import type { Tag } from './tag-version.js';

/** Of a value for one reader, which is stored nowhere. */
const UNCACHED = {
  readPositions: {},
  tags: [],
  versionsAtLoad: {},
  freshUntil: Infinity,
  staleUntil: Infinity,
};

/** What a cache consists of. */
export interface CacheParts {
  readonly memory: MemoryStore;
  readonly redis: RedisStore | undefined;
  readonly fetcher: EntryFetcher;
  readonly singleFlight: SingleFlight;
  readonly invalidator: Invalidator;
  readonly counters: CountersByCache;
  /** Returns what the current call must see. */
  readonly requiredPositions: () => RequiredPositions | Promise<RequiredPositions>;
}

/**
 * A read-through cache with read-your-writes consistency: a reader never gets an entry that lacks one of its own writes or an
 * invalidation that this process knows.
 */
export class ReadCache {
  readonly #logger = new Logger('Cache');
  readonly #refreshing = new Set<string>();

  /** @param responses the responses that the host may send without running their routes; undefined when it must run them all */
  constructor(
    private readonly parts: CacheParts,
    readonly responses: ResponseCache | undefined,
  ) {}

  /** Counters by the name of the cache. */
  get counters(): ReadonlyMap<string, CacheCounters> {
    return this.parts.counters;
  }

  /**
   * Returns the value as JSON, in the bytes that are sent; undefined when there is none. Synchronous when it is in memory.
   * @param key of the value within its cache
   * @param tags the tags that the key implies
   */
  json<T>(
    cache: CacheDefinition<T>,
    key: string,
    tags: readonly Tag[],
    load: Loader<T>,
  ): Buffer | undefined | Promise<Buffer | undefined> {
    const entry = this.#read({ cache, key, tags, load });
    return entry instanceof Promise ? entry.then(this.#jsonOf) : this.#jsonOf(entry);
  }

  /** Returns the value itself, which must not be changed; undefined when there is none. */
  async value<T>(
    cache: CacheDefinition<T>,
    key: string,
    tags: readonly Tag[],
    load: Loader<T>,
  ): Promise<T | undefined> {
    return (await this.#read({ cache, key, tags, load })).value;
  }

  /**
   * Invalidates tags; to be called after the commit. From now on no reader of this process gets an entry without the
   * change, and soon no reader elsewhere. Resolves when the other processes are about to be notified, within 100 ms. Never
   * rejects.
   * @param tags each of the module that has written
   */
  async invalidate(...tags: Tag[]): Promise<void> {
    await this.parts.invalidator.invalidate(tags);
  }

  /** Ends the subscriptions and the connection to Redis. */
  close(): void {
    this.parts.invalidator.close();
    this.parts.redis?.close();
  }

  #read<T>({ cache, key, tags, load }: Omit<CacheRequest<T>, 'counters'>): Entry<T> | Promise<Entry<T>> {
    const counters = this.parts.counters.of(cache.name);
    const request = { cache, key: cache.keyPrefix + key, tags, load, counters };
    const required = this.parts.requiredPositions();
    if (required instanceof Promise) return required.then((known) => this.#serve(request, known));
    return this.#serve(request, required);
  }

  #serve<T>(request: CacheRequest<T>, required: RequiredPositions): Entry<T> | Promise<Entry<T>> {
    if (required === MUST_LOAD) return this.#bypass(request);
    const entry = this.parts.memory.get(request.key) as Entry<T> | undefined;
    if (entry?.isServable && entry.satisfies(required)) return this.#deliver(request, entry, 'memory');
    const fetched = this.parts.singleFlight.fetch(request, required);
    return fetched.then(({ entry: found, source }) => this.#deliver(request, found, source));
  }

  async #bypass<T>({ cache, key, load, counters }: CacheRequest<T>): Promise<Entry<T>> {
    counters.reads.bypassed += 1;
    return new Entry(cache, key, JSON.stringify(await load(() => undefined)), UNCACHED);
  }

  #deliver<T>(request: CacheRequest<T>, entry: Entry<T>, result: ReadResult): Entry<T> {
    request.counters.reads[result] += 1;
    const isStored = result === 'memory' || result === 'redis';
    if (isStored && !entry.isFresh) this.#refresh(request);
    // A load of another value that reads this entry is no newer than it.
    currentCall()?.readWatermark?.merge(entry.metadata.readPositions);
    return entry;
  }

  /** Reloads a stale value in the background. */
  #refresh<T>(request: CacheRequest<T>): void {
    const { key, cache, counters } = request;
    counters.staleReads += 1;
    if (this.#refreshing.has(key)) return;
    this.#refreshing.add(key);
    void runOutsideCall(() => this.parts.fetcher.refresh(request))
      .then(
        (isReloaded) => (counters.refreshes += isReloaded ? 1 : 0),
        (error: unknown) => this.#logger.warn({ msg: `refresh of '${cache.name}' failed`, err: error }),
      )
      .finally(() => this.#refreshing.delete(key));
  }

  readonly #jsonOf = (entry: Entry): Buffer | undefined => {
    if (entry.isNegative) return undefined;
    this.responses?.recognize(entry);
    return entry.json;
  };
}
