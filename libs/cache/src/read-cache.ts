import { Logger } from '@nestjs/common';
import {
  type CallContext,
  currentCall,
  currentSpan,
  errorTypeOf,
  runCall,
  runOutsideCall,
  type Span,
} from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { type CacheDefinition, defineCache } from './cache-definition.js';
import type { PurgeArguments, Purger } from './cdn/purger.js';
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
import { surrogateKeys } from './surrogate-keys.js';
import { moduleOf, type Tag } from './tag-version.js';

/** Of a value for one reader, which is stored nowhere here. */
const UNCACHED = {
  readPositions: {},
  versionsAtLoad: {},
  freshUntil: Infinity,
  staleUntil: Infinity,
};

const UNCACHED_JSON = defineCache('uncached', { schema: z.unknown(), modules: [] });

/** What a cache consists of. */
export interface CacheParts {
  readonly memory: MemoryStore;
  readonly redis: RedisStore | undefined;
  readonly fetcher: EntryFetcher;
  readonly singleFlight: SingleFlight;
  readonly invalidator: Invalidator;
  readonly purger: Purger;
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

  /** @param responses the responses that the host may send without running their routes */
  constructor(
    private readonly parts: CacheParts,
    readonly responses: ResponseCache,
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

  /**
   * Returns JSON that is not stored here, in the bytes that are sent. Shared caches may store the response, and purge it by the tags
   * that the loader adds.
   */
  async uncachedJson(load: Loader<unknown>): Promise<Buffer> {
    const entry = await this.#load({ cache: UNCACHED_JSON, key: '', tags: [], load });
    this.responses.recognize(entry);
    return entry.json;
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
   * Records in the transaction of a change that the edge caches must purge these tags, so that no purge is lost. Does nothing
   * without edge caches.
   * @param tags those that are invalidated after the commit
   */
  async record(manager: Pick<EntityManager, 'query'>, ...tags: Tag[]): Promise<void> {
    await this.parts.purger.record(manager, tags);
  }

  /** Returns the keys by which shared caches purge what depends on these tags; undefined without edge caches. */
  surrogateKeys(...tags: Tag[]): string | undefined {
    return this.parts.purger.isEnabled ? surrogateKeys(tags) : undefined;
  }

  /**
   * Returns the arguments for a statement that records the purge together with its change:
   * `insert into purges (edge, id, keys) select unnest($1::text[]), $2::uuid, $3 from changed`. Without edge caches it inserts
   * nothing.
   */
  purgeArguments(...tags: Tag[]): PurgeArguments {
    return this.parts.purger.arguments(tags);
  }

  /**
   * Invalidates tags; to be called after the commit. From now on no reader of this process gets an entry without the
   * change, and soon no reader elsewhere. Resolves when the other processes are about to be notified, and the edge caches have
   * purged the tags, within 100 ms each. Never rejects.
   * @param tags each of the module that has written
   */
  async invalidate(...tags: Tag[]): Promise<void> {
    const { invalidator, purger } = this.parts;
    await Promise.all([invalidator.invalidate(tags), purger.purge(moduleOf(tags[0]!), tags)]);
  }

  /** Ends the subscriptions and the connection to Redis. */
  close(): void {
    this.parts.invalidator.close();
    this.parts.purger.close();
    this.parts.redis?.close();
  }

  #read<T>({ cache, key, tags, load }: Omit<CacheRequest<T>, 'counters'>): Entry<T> | Promise<Entry<T>> {
    const counters = this.parts.counters.of(cache.name);
    const request = { cache, key: cache.keyPrefix + key, tags, load, counters };
    const call = currentCall();
    return call?.span ? this.#traced(request, call, call.span) : this.#find(request);
  }

  /** Reads within a span, below which is what the load does. */
  async #traced<T>(request: CacheRequest<T>, call: CallContext, parent: Span): Promise<Entry<T>> {
    const { name } = request.cache;
    const span = parent.startChild({
      name: `cache ${name}`,
      kind: 'internal',
      attributes: { 'tearline.cache': name },
    });
    const context = call.withSpan(span);
    try {
      const entry = await runCall(context, () => this.#find(request));
      span.end();
      return entry;
    } catch (error) {
      span.end(errorTypeOf(error));
      throw error;
    } finally {
      context.end();
    }
  }

  #find<T>(request: CacheRequest<T>): Entry<T> | Promise<Entry<T>> {
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

  #bypass<T>(request: CacheRequest<T>): Promise<Entry<T>> {
    request.counters.reads.bypassed += 1;
    currentSpan()?.set({ 'tearline.cache.result': 'bypassed' });
    return this.#load(request);
  }

  async #load<T>({ cache, key, tags, load }: Omit<CacheRequest<T>, 'counters'>): Promise<Entry<T>> {
    const all = new Set(tags);
    const value = await load((...more) => more.forEach((tag) => all.add(tag)));
    return new Entry(cache, key, JSON.stringify(value), { ...UNCACHED, tags: [...all] });
  }

  #deliver<T>(request: CacheRequest<T>, entry: Entry<T>, result: ReadResult): Entry<T> {
    request.counters.reads[result] += 1;
    currentSpan()?.set({ 'tearline.cache.result': result });
    for (const module of entry.degraded ?? []) currentCall()?.consistency.recordDegraded(module);
    const isStored = result === 'memory' || result === 'redis';
    if (isStored && !entry.isFresh) this.#refresh(request);
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
    this.responses.recognize(entry);
    return entry.isNegative ? undefined : entry.json;
  };
}
