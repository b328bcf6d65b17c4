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
import type { CacheDefinition } from './cache-definition.js';
import type { CacheCounters } from './cache-metrics.js';
import { Entry, SerializedEntry } from './entry.js';
import type { InvalidationLog } from './invalidation-log.js';
import type { MemoryStore } from './memory-store.js';
import type { Lease, RedisStore } from './redis-store.js';
import { NO_POSITIONS } from './required-positions.js';
import { moduleOf, positionOf, type Tag, type TagVersion } from './tag-version.js';

/**
 * Loads a value from its module; null when there is none.
 * @param addTags adds tags that the key does not imply
 */
export type Loader<T> = (addTags: (...tags: Tag[]) => void) => Promise<T | null>;

/** One read of one key. */
export interface CacheRequest<T> {
  readonly cache: CacheDefinition<T>;
  /** With the cache's prefix. */
  readonly key: string;
  /** The tags that the key implies. */
  readonly tags: readonly Tag[];
  readonly load: Loader<T>;
  readonly counters: CacheCounters;
}

export interface FetchedEntry<T> {
  readonly entry: Entry<T>;
  readonly source: 'redis' | 'loaded' | 'coalesced';
}

const LOAD_TIMEOUT_MS = 10_000;
const LEASE_TTL_MS = 5_000;
/** After this long without the lease a host loads without it. */
const MAX_LEASE_WAIT_MS = 1_000;
const MIN_POLL_INTERVAL_MS = 5;
const MAX_POLL_INTERVAL_MS = 50;

/** Fetches what is not in memory: from Redis, else from its module, one host at a time. */
export class EntryFetcher {
  readonly #invalidations: InvalidationLog;

  constructor(
    private readonly memory: MemoryStore,
    private readonly redis: RedisStore | undefined,
  ) {
    this.#invalidations = memory.invalidations;
  }

  /** @param required the positions that the first reader must see */
  async fetch<T>(request: CacheRequest<T>, required: PositionsByModule): Promise<FetchedEntry<T>> {
    const giveUpAt = performance.now() + MAX_LEASE_WAIT_MS;
    let lease: Lease | 'held' | undefined = 'held';
    try {
      for (let wait = MIN_POLL_INTERVAL_MS; ; wait = Math.min(1.5 * wait, MAX_POLL_INTERVAL_MS)) {
        // Also with the lease: its previous holder may just have stored the entry.
        const entry = await this.#findInRedis(request, required);
        if (entry) return { entry, source: 'redis' };
        if (lease !== 'held' || performance.now() > giveUpAt)
          return { entry: await this.#load(request, required), source: 'loaded' };
        lease = await this.redis?.acquireLease(request.key, LEASE_TTL_MS);
        if (lease === 'held') await pause(wait, undefined, { ref: false });
      }
    } finally {
      if (lease !== 'held') await lease?.release();
    }
  }

  /** Reloads a stale value, unless another host does. @returns whether it was reloaded */
  async refresh<T>(request: CacheRequest<T>): Promise<boolean> {
    const entry = await this.#findInRedis(request, NO_POSITIONS);
    if (entry && entry.freshUntil > Date.now()) return false;
    const lease = await this.redis?.acquireLease(request.key, LEASE_TTL_MS);
    if (lease === 'held') return false;
    try {
      await this.#load(request, NO_POSITIONS);
      return true;
    } finally {
      await lease?.release();
    }
  }

  /** Loads a value from its module, and stores it unless it was invalidated meanwhile. */
  async #load<T>(request: CacheRequest<T>, required: PositionsByModule): Promise<Entry<T>> {
    const { cache, key, load, counters } = request;
    const startedAt = this.#invalidations.sequence;
    const tags = new Set(request.tags);
    const knownVersions = this.#latestVersions(tags.union(new Set(this.memory.find(key)?.tags)));
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
    const includedVersions = [...knownVersions].filter(
      ([tag, version]) => tags.has(tag) && version === this.#invalidations.latest(tag),
    );
    // Jitter keeps entries that were loaded together from expiring together.
    const ttlMs = value === null ? cache.negativeTtlMs : cache.ttlMs * (0.85 + 0.3 * Math.random());
    const freshUntil = Math.round(Date.now() + ttlMs);
    const staleUntil = freshUntil + (value === null ? 0 : cache.staleWhileRevalidateMs);
    const entry = new Entry(cache, key, {
      text: JSON.stringify(value),
      readPositions: watermark.toWire(),
      tags: [...tags],
      includedVersions: Object.fromEntries(includedVersions),
      freshUntil,
      staleUntil,
    });
    entry.isInvalidated = !this.#invalidations.isCurrent(entry, startedAt);
    // From an invalidated entry the next load learns its tags, and so which positions to require.
    this.memory.set(key, entry);
    if (!entry.isInvalidated) await this.redis?.set(key, JSON.stringify(entry), staleUntil - Date.now());
    return entry;
  }

  /** Returns the entry in Redis if it satisfies the reader and includes all invalidations; copies it to memory. */
  async #findInRedis<T>(
    { cache, key }: CacheRequest<T>,
    required: PositionsByModule,
  ): Promise<Entry<T> | undefined> {
    if (!this.redis?.isUp) return undefined;
    const startedAt = this.#invalidations.sequence;
    const serialized = SerializedEntry.safeParse(parseJson(await this.redis.get(key)));
    if (!serialized.success) return undefined;
    const entry = new Entry(cache, key, serialized.data);
    if (entry.staleUntil < Date.now() || !entry.satisfies(required) || !matchesSchema(cache, entry.text))
      return undefined;
    const versions = await this.redis.versionsOf(entry.tags);
    if (!versions) return undefined;
    for (const [index, version] of versions.entries())
      if (version !== null && !entry.includes(entry.tags[index]!, version)) return undefined;
    if (!this.#invalidations.isCurrent(entry, startedAt)) return undefined;
    this.memory.set(key, entry);
    return entry;
  }

  #latestVersions(tags: ReadonlySet<Tag>): Map<Tag, TagVersion> {
    const versions = new Map<Tag, TagVersion>();
    for (const tag of tags) {
      const version = this.#invalidations.latest(tag);
      if (version !== undefined) versions.set(tag, version);
    }
    return versions;
  }
}

/**
 * Returns a call context of the load's own, because several readers share it: without a principal, and not cancelled with the
 * first reader. It requires what that reader must see, and the known invalidations.
 */
function loadContext(
  required: PositionsByModule,
  invalidations: ReadonlyMap<Tag, TagVersion>,
  readWatermark: ReadWatermark,
): CallContext {
  const positions = [...invalidations].map(([tag, version]) => [moduleOf(tag), positionOf(version)] as const);
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

function matchesSchema<T>({ schema }: CacheDefinition<T>, text: string): boolean {
  if (text === 'null') return true;
  const value = parseJson(text);
  return value !== undefined && schema.safeParse(value).success;
}

/** Returns undefined for what is no JSON. */
function parseJson(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
