import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { runOutsideCall } from '@tearline/seam';
import { type ChainableCommander, Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { supersedes, type Tag, type TagVersion, type VersionedTag } from './tag-version.js';

const COMMAND_TIMEOUT_MS = 100;
const CONNECT_TIMEOUT_MS = 1_000;
const MAX_RECONNECT_DELAY_MS = 500;
const PROBE_INTERVAL_MS = 250;
/** A connection that answers no probe for this long is replaced. */
const PROBE_TIMEOUT_MS = 2_000;
const LEASE_TTL_MS = 5_000;
const VERSION_TTL_MS = 120_000;
/** An entry expires before the versions that were recorded while it was loaded, against which its readers check it. */
const MAX_ENTRY_TTL_MS = 100_000;

/** What Redis has of some keys and tags. */
export interface Found {
  /** The entry of each key; null where there is none. */
  readonly serialized: readonly (string | null)[];
  /** Of the tags with a recent invalidation. */
  readonly versions: readonly VersionedTag[];
}

/** Keeps of two versions of each tag the one that {@link supersedes} the other. */
const RECORD_VERSIONS_SCRIPT = `
  local function split(version) return string.match(version, '^([^.~]*)([^~]*)') end
  for i, key in ipairs(KEYS) do
    local known, new = redis.call('get', key), ARGV[i + 1]
    local knownCluster, knownPlace = split(known or '')
    local cluster, place = split(new)
    if knownCluster == cluster and knownPlace > place then
      redis.call('pexpire', key, ARGV[1])
    else
      redis.call('set', key, new, 'PX', ARGV[1])
    end
  end`;
const RELEASE_LEASE_SCRIPT = `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end`;

/**
 * The second level of the cache: entries, tag versions and leases that processes share in Redis. It never fails and never
 * blocks for long: after a command without an answer, all commands return undefined until a background probe succeeds.
 */
export class RedisStore {
  readonly #client: Redis;
  readonly #prefixes: { readonly entry: string; readonly tag: string; readonly lease: string };
  readonly #logger = new Logger('Cache');
  /** Versions that Redis did not take; sent before it is used again. When they expire, so have the entries that lack them. */
  readonly #pending = new LRUCache<Tag, TagVersion>({ ttl: VERSION_TTL_MS, ttlAutopurge: true });
  /** Holders of leases that Redis may still grant or keep; released before it is used again. */
  readonly #unreleased = new Map<string, string>();
  #isUp = false;
  #probeTimer: NodeJS.Timeout | undefined;
  #isProbing = false;
  #isClosed = false;
  /** Commands that failed or timed out. */
  errorCount = 0;
  /** Called after an outage, with the versions that Redis received late. */
  onRecovered: ((versions: readonly VersionedTag[]) => void) | undefined;

  /** @param namespace of this deployment; several on one Redis have different ones */
  constructor(url: string, namespace = 'tearline-0') {
    const prefix = `${namespace}:cache`;
    this.#prefixes = { entry: `${prefix}:entry:`, tag: `${prefix}:tag:`, lease: `${prefix}:lease:` };
    this.#client = new Redis(url, {
      connectionName: prefix,
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      disconnectTimeout: COMMAND_TIMEOUT_MS,
      retryStrategy: (attempts) => Math.min(50 * attempts, MAX_RECONNECT_DELAY_MS),
    });
    // Each command reports its own error.
    this.#client.on('error', () => undefined);
  }

  /** Resolves when Redis has answered, or when a first attempt to connect has failed. */
  async connect(): Promise<void> {
    await runOutsideCall(async () => {
      const connected = this.#client.connect().then(() => this.#recover());
      await withTimeout(CONNECT_TIMEOUT_MS, connected).catch(() => undefined);
      this.#probeTimer = setInterval(() => void this.#probe(), PROBE_INTERVAL_MS).unref();
    });
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Returns entries, and the versions of tags as of after that, with one round trip; undefined when Redis is down. */
  async find(keys: readonly string[], tags: readonly Tag[]): Promise<Found | undefined> {
    const replies = await this.#execute(() => {
      const pipeline = this.#client.pipeline().mget(keys.map((key) => this.#prefixes.entry + key));
      if (tags.length > 0) pipeline.mget(this.#tagKeys(tags));
      return repliesTo(pipeline);
    });
    if (!replies) return undefined;
    const [serialized, versions = []] = replies as (string | null)[][];
    return { serialized: serialized!, versions: versioned(tags, versions) };
  }

  async set(key: string, serialized: string, ttlMs: number): Promise<void> {
    await this.#execute(() =>
      this.#client.set(this.#prefixes.entry + key, serialized, 'PX', ownTtlOf(ttlMs)),
    );
  }

  /** Stores entries with one round trip. */
  async setMany(entries: readonly { key: string; serialized: string; ttlMs: number }[]): Promise<void> {
    await this.#execute(async () => {
      const pipeline = this.#client.pipeline();
      for (const { key, serialized, ttlMs } of entries)
        pipeline.set(this.#prefixes.entry + key, serialized, 'PX', ownTtlOf(ttlMs));
      await repliesTo(pipeline);
    });
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#probeTimer);
    this.#client.disconnect();
  }

  /** Returns the version of each of the tags with a recent invalidation; undefined when Redis is down. */
  async versionsOf(tags: readonly Tag[]): Promise<VersionedTag[] | undefined> {
    if (tags.length === 0) return [];
    const versions = await this.#execute(() => this.#client.mget(this.#tagKeys(tags)));
    return versions && versioned(tags, versions);
  }

  /** Records new versions for all processes; while Redis is down they wait for it in memory. */
  async recordVersions(versions: readonly VersionedTag[]): Promise<void> {
    const isRecorded = await this.#execute(async () => {
      await this.#sendVersions(versions);
      return true;
    });
    if (isRecorded) return;
    for (const [tag, version] of versions)
      if (supersedes(version, this.#pending.get(tag))) this.#pending.set(tag, version);
  }

  /**
   * Loads under the lease of a key, or without one when Redis is down.
   * @param find looks with the same round trip for what the previous holder may just have stored; then nothing is loaded
   * @returns undefined while another process holds the lease
   */
  async underLease<T>(
    key: string,
    find: () => Promise<T | undefined>,
    load: () => Promise<T>,
  ): Promise<T | undefined> {
    const [lease, holder] = [this.#prefixes.lease + key, randomUUID()];
    const wasUp = this.#isUp;
    const [reply, found] = await Promise.all([
      this.#execute(() => this.#client.set(lease, holder, 'PX', LEASE_TTL_MS, 'NX')),
      find(),
    ]);
    if (reply === null) return found;
    try {
      return found ?? (await load());
    } finally {
      if (wasUp && !(await this.#execute(() => this.#release(lease, holder))))
        this.#unreleased.set(lease, holder);
    }
  }

  async #release(lease: string, holder: string): Promise<true> {
    await this.#client.eval(RELEASE_LEASE_SCRIPT, 1, lease, holder);
    return true;
  }

  async #sendVersions(versions: readonly VersionedTag[]): Promise<void> {
    const keys = this.#tagKeys(versions.map(([tag]) => tag));
    const values = versions.map(([, version]) => version);
    // An array: after an outage there may be more versions than a call has room for arguments.
    await this.#client.call('eval', [
      RECORD_VERSIONS_SCRIPT,
      keys.length,
      ...keys,
      VERSION_TTL_MS,
      ...values,
    ]);
  }

  #tagKeys(tags: readonly Tag[]): string[] {
    return tags.map((tag) => this.#prefixes.tag + tag);
  }

  /** Runs a command; returns undefined when Redis is down. */
  async #execute<T>(command: () => Promise<T>): Promise<T | undefined> {
    if (!this.#isUp) return undefined;
    try {
      return await withTimeout(COMMAND_TIMEOUT_MS, command());
    } catch (error) {
      this.errorCount += 1;
      this.#markDown(error);
      return undefined;
    }
  }

  #markDown(error: unknown): void {
    if (!this.#isUp || this.#isClosed) return;
    this.#isUp = false;
    this.#logger.warn({ msg: 'Redis does not answer: the cache continues in memory', err: error });
  }

  /** Checks in the background whether Redis is back. */
  async #probe(): Promise<void> {
    if (this.#isUp || this.#isProbing || this.#client.status !== 'ready') return;
    this.#isProbing = true;
    await withTimeout(PROBE_TIMEOUT_MS, this.#recover()).catch(() =>
      this.#client.disconnect(!this.#isClosed),
    );
    this.#isProbing = false;
  }

  /** Releases leases and sends the pending versions, then declares Redis up. */
  async #recover(): Promise<void> {
    const leases = [...this.#unreleased];
    await Promise.all(leases.map(([lease, holder]) => this.#release(lease, holder)));
    for (const [lease] of leases) this.#unreleased.delete(lease);
    const versions = [...this.#pending.entries()];
    if (versions.length > 0) await this.#sendVersions(versions);
    else await this.#client.ping();
    for (const [tag, version] of versions) if (this.#pending.get(tag) === version) this.#pending.delete(tag);
    if (versions.length > 0) this.onRecovered?.(versions);
    if (this.#pending.size > 0) return this.#recover();
    this.#isUp = true;
    this.#logger.log('Redis answers');
  }
}

/** @throws the first error among the replies */
async function repliesTo(pipeline: ChainableCommander): Promise<unknown[]> {
  return ((await pipeline.exec()) ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}

/** Leaves out tags without a recent invalidation. */
const versioned = (tags: readonly Tag[], versions: readonly (TagVersion | null)[]): VersionedTag[] =>
  versions.flatMap((version, at): VersionedTag[] => (version === null ? [] : [[tags[at]!, version]]));

/** A load may have taken longer than its entry lives, and Redis refuses an expiry in the past. */
const ownTtlOf = (ttlMs: number) => Math.max(1, Math.min(Math.round(ttlMs), MAX_ENTRY_TTL_MS));

/**
 * Rejects after a timeout, but not before a process that was itself suspended has read the replies that have arrived: setImmediate
 * runs after them.
 */
function withTimeout<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(
    () => setImmediate(() => reject(new Error(`no answer within ${timeoutMs} ms`))),
    timeoutMs,
  );
  work.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}
