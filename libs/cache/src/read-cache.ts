import { Logger } from '@nestjs/common';
import { type ConsistencyLevel, currentCall, runOutsideCall, type SessionStore } from '@tearline/seam';
import { LRUCache } from 'lru-cache';
import type { CacheDefinition } from './cache-definition.js';
import { CacheCounters, type ReadResult } from './cache-metrics.js';
import { Entry } from './entry.js';
import { type CacheRequest, EntryFetcher, type Loader } from './entry-fetcher.js';
import { type Broadcaster, Invalidator } from './invalidator.js';
import type { MemoryStore } from './memory-store.js';
import type { RedisStore } from './redis-store.js';
import { LATEST, type RequiredPositions, requiredPositions } from './required-positions.js';
import { SingleFlight } from './single-flight.js';
import type { Tag } from './tag-version.js';

export interface ReadCacheOptions {
  readonly memory: MemoryStore;
  readonly redis: RedisStore | undefined;
  readonly broadcaster: Broadcaster | undefined;
  readonly sessions: SessionStore | undefined;
  /** The consistency of calls that do not choose one. */
  readonly defaultLevel: ConsistencyLevel;
}

const MAX_URLS = 20_000;
const MAX_URL_LENGTH = 500;

/**
 * A read-through cache with read-your-writes consistency: a reader never gets an entry that lacks one of its own writes or an
 * invalidation that this process knows.
 */
export class ReadCache {
  readonly #log = new Logger('Cache');
  /** Keys by the URLs whose response they are. */
  readonly #keysByUrl = new LRUCache<string, string>({ max: MAX_URLS });
  readonly #refreshing = new Set<string>();
  readonly #counters = new Map<string, CacheCounters>();
  readonly #fetcher: EntryFetcher | undefined;
  readonly #singleFlight: SingleFlight | undefined;
  readonly #invalidator: Invalidator | undefined;

  /** @param options undefined when the cache is off */
  constructor(private readonly options: ReadCacheOptions | undefined) {
    if (!options) return;
    const { memory, redis, broadcaster } = options;
    this.#fetcher = new EntryFetcher(memory, redis);
    this.#singleFlight = new SingleFlight(this.#fetcher, memory.invalidations);
    this.#invalidator = new Invalidator(memory, redis, broadcaster);
  }

  /** Counters by the name of the cache. */
  get counters(): ReadonlyMap<string, CacheCounters> {
    return this.#counters;
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
    const entry = this.#read(this.#request(cache, key, tags, load));
    return entry instanceof Promise ? entry.then(jsonOf) : jsonOf(entry);
  }

  /** Returns the value itself, which must not be changed; undefined when there is none. */
  async value<T>(
    cache: CacheDefinition<T>,
    key: string,
    tags: readonly Tag[],
    load: Loader<T>,
  ): Promise<T | undefined> {
    return (await this.#read(this.#request(cache, key, tags, load))).value;
  }

  /** Returns the response to an anonymous request for a URL while it is valid; implements the host's response cache. */
  find(url: string): Buffer | undefined {
    const key = this.#keysByUrl.get(url);
    if (key === undefined || this.options?.defaultLevel === 'strong') return undefined;
    const entry = this.options?.memory.find(key);
    // Only the route knows how to respond to the absence of a value.
    if (!entry || entry.isInvalidated || entry.isNegative || entry.freshUntil < Date.now()) return undefined;
    this.#countersOf(entry.cache.name).reads.memory += 1;
    return entry.json;
  }

  /** Remembers that the response to anonymous requests for a URL is this JSON. */
  store(url: string, json: Buffer): void {
    const entry = Entry.of(json);
    if (entry && this.options && url.length <= MAX_URL_LENGTH) this.#keysByUrl.set(url, entry.key);
  }

  /**
   * Invalidates tags; to be called after the commit. From now on no reader of this process gets an entry without the
   * change, and soon no reader elsewhere. Resolves when the other processes are about to be notified, within 100 ms. Never
   * rejects.
   * @param tags each of the module that has written
   */
  async invalidate(...tags: Tag[]): Promise<void> {
    await this.#invalidator?.invalidate(tags);
  }

  close(): void {
    this.#invalidator?.close();
    this.options?.redis?.disconnect();
  }

  #request<T>(
    cache: CacheDefinition<T>,
    key: string,
    tags: readonly Tag[],
    load: Loader<T>,
  ): CacheRequest<T> {
    return { cache, key: cache.keyPrefix + key, tags, load, counters: this.#countersOf(cache.name) };
  }

  #read<T>(request: CacheRequest<T>): Entry<T> | Promise<Entry<T>> {
    if (!this.options) return this.#bypass(request);
    const required = requiredPositions(this.options.defaultLevel, this.options.sessions);
    if (required instanceof Promise) return required.then((known) => this.#serve(request, known));
    return this.#serve(request, required);
  }

  #serve<T>(request: CacheRequest<T>, required: RequiredPositions): Entry<T> | Promise<Entry<T>> {
    if (required === LATEST) return this.#bypass(request);
    const entry = this.options!.memory.find(request.key) as Entry<T> | undefined;
    const isUsable = entry && !entry.isInvalidated && entry.staleUntil >= Date.now();
    if (!isUsable || !entry.satisfies(required)) return this.#fetch(request, required);
    if (entry.freshUntil < Date.now()) this.#refresh(request);
    return this.#deliver(request, entry, 'memory');
  }

  async #bypass<T>({ cache, key, load, counters }: CacheRequest<T>): Promise<Entry<T>> {
    counters.reads.bypassed += 1;
    return Entry.uncached(cache, key, await load(() => undefined));
  }

  async #fetch<T>(
    request: CacheRequest<T>,
    required: Exclude<RequiredPositions, typeof LATEST>,
  ): Promise<Entry<T>> {
    const { entry, source } = await this.#singleFlight!.fetch(request, required);
    if (source === 'redis' && entry.freshUntil < Date.now()) this.#refresh(request);
    return this.#deliver(request, entry, source);
  }

  #deliver<T>({ counters }: CacheRequest<T>, entry: Entry<T>, result: ReadResult): Entry<T> {
    counters.reads[result] += 1;
    // For the sake of a cached value that is made of this one.
    currentCall()?.readWatermark?.merge(entry.readPositions);
    return entry;
  }

  /** Reloads a stale value in the background. */
  #refresh<T>(request: CacheRequest<T>): void {
    const { key, cache, counters } = request;
    counters.staleReads += 1;
    if (this.#refreshing.has(key)) return;
    this.#refreshing.add(key);
    void runOutsideCall(() => this.#fetcher!.refresh(request))
      .then(
        (isReloaded) => (counters.refreshes += isReloaded ? 1 : 0),
        (error: unknown) => this.#log.warn({ msg: `refresh of '${cache.name}' failed`, err: error }),
      )
      .finally(() => this.#refreshing.delete(key));
  }

  #countersOf(name: string): CacheCounters {
    let counters = this.#counters.get(name);
    if (!counters) this.#counters.set(name, (counters = new CacheCounters()));
    return counters;
  }
}

const jsonOf = (entry: Entry) => (entry.isNegative ? undefined : entry.json);
