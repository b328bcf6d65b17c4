import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import KeyvRedis, { createClient } from '@keyv/redis';
import { outsideCalls } from '@tearline/seam';
import type { Stamp, Tag } from './stamp.js';

const TIMEOUT_MS = 100;
const RETRY_MS = 250;
/** After that a connection on which nothing is answered is given up: its other end may be gone. */
const PROBE_MS = 2_000;
const LONGEST_PAUSE_MS = 500;
const MOST_OWED = 10_000;
const TAG_PREFIX = 'tearline:cache:tag:';
const LEASE_PREFIX = 'tearline:cache:lease:';
/** Longer than any entry is given out. */
const STAMP_MS = 120_000;

/** The right to fetch a value; calling it gives that back. */
export type Lease = () => Promise<void>;
type Change = readonly [Tag, Stamp];

/** Keeps the later of two stamps; of two at one position the one that comes last. */
const STAMP = `
  for i, key in ipairs(KEYS) do
    local known = redis.call('get', key)
    local heard = ARGV[i + 1]
    local function position(stamp) local p = string.match(stamp, '^[^~]*') if p == '' then return '~' end return p end
    if not known or position(known) <= position(heard) or string.match(known, '^%d*') ~= string.match(heard, '^%d*') then
      redis.call('set', key, heard, 'PX', ARGV[1])
    else
      redis.call('pexpire', key, ARGV[1])
    end
  end`;
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end`;

/**
 * The second level: what hosts keep together, in Redis. A store for Keyv that never fails and never makes anybody wait
 * for long: when Redis does not answer it is left alone until it does.
 */
export class RedisLevel {
  readonly #client;
  readonly #store;
  readonly #log = new Logger('Cache');
  readonly #owed = new Map<Tag, Stamp>();
  #isOut = true;
  #probe: NodeJS.Timeout | undefined;
  #isProbing = false;
  #isClosed = false;
  /** Commands that failed, or were answered too late. */
  errors = 0;
  /** Called when Redis is back, with the changes that it had to be told. */
  onReturn: ((changes: readonly Change[]) => void) | undefined;

  constructor(url: string) {
    this.#client = createClient({
      url,
      name: 'tearline-cache',
      disableOfflineQueue: true,
      socket: {
        connectTimeout: 1_000,
        reconnectStrategy: (times) => Math.min(50 * times, LONGEST_PAUSE_MS),
      },
    });
    this.#store = new KeyvRedis<string>(this.#client, { throwOnConnectError: true, throwOnErrors: true });
    // Whoever asks gets the error.
    this.#client.on('error', () => undefined);
    this.#store.on('error', () => undefined);
  }

  /** Resolves when Redis has answered, or has not within a second. */
  async connect(): Promise<void> {
    await outsideCalls(async () => {
      const connected = this.#client.connect().then(() => this.#check());
      connected.catch(() => undefined);
      await within(1_000, connected).catch(() => undefined);
      this.#probe = setInterval(() => void this.#look(), RETRY_MS).unref();
    });
  }

  /** Whether it answers. */
  get isUp(): boolean {
    return !this.#isOut;
  }

  async get(key: string): Promise<string | undefined> {
    return this.#ask(() => this.#store.get<string>(key));
  }

  async set(key: string, value: string, ttl?: number): Promise<void> {
    await this.#ask(() => this.#store.set(key, value, ttl));
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#ask(() => this.#store.delete(key))) ?? false;
  }

  clear(): Promise<void> {
    return Promise.reject(new Error('Redis holds more than the cache'));
  }

  async disconnect(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#probe);
    this.#client.destroy();
  }

  /** The latest change of each tag, null where there was none of late; undefined when Redis does not answer. */
  async stampsOf(tags: readonly Tag[]): Promise<(Stamp | null)[] | undefined> {
    if (tags.length === 0) return [];
    return this.#ask(() => this.#client.mGet(tags.map((tag) => TAG_PREFIX + tag)));
  }

  /** Tells all hosts of changes; those that Redis cannot be told now it is told when it is back. */
  async stamp(changes: readonly Change[]): Promise<void> {
    const isTold = await this.#ask(async () => {
      await this.#stamp(changes);
      return true;
    });
    if (isTold) return;
    for (const [tag, stamp] of changes) {
      this.#owed.delete(tag);
      this.#owed.set(tag, stamp);
    }
    for (const tag of this.#owed.keys()) if (this.#owed.size > MOST_OWED) this.#owed.delete(tag);
  }

  /**
   * Takes the right to fetch a value, so that other hosts wait for it.
   * @returns what gives it back; null when another host has it, undefined when Redis does not answer
   */
  async lease(key: string, milliseconds: number): Promise<Lease | null | undefined> {
    const holder = randomUUID();
    const answer = await this.#ask(async () => ({
      taken: await this.#client.set(LEASE_PREFIX + key, holder, { PX: milliseconds, NX: true }),
    }));
    if (!answer?.taken) return answer && null;
    return async () => {
      await this.#ask(() => this.#client.eval(RELEASE, { keys: [LEASE_PREFIX + key], arguments: [holder] }));
    };
  }

  async #stamp(changes: readonly Change[]): Promise<void> {
    await this.#client.eval(STAMP, {
      keys: changes.map(([tag]) => TAG_PREFIX + tag),
      arguments: [`${STAMP_MS}`, ...changes.map(([, stamp]) => stamp)],
    });
  }

  /** Undefined when Redis does not answer. */
  async #ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    if (this.#isOut) return undefined;
    try {
      return await within(TIMEOUT_MS, question());
    } catch (error) {
      this.errors += 1;
      this.#lose(error);
      return undefined;
    }
  }

  #lose(error: unknown): void {
    if (this.#isOut || this.#isClosed) return;
    this.#isOut = true;
    this.#log.warn({ msg: 'Redis does not answer: the cache goes on in memory', err: error });
  }

  /** Nobody waits for this. */
  async #look(): Promise<void> {
    if (!this.#isOut || this.#isProbing || !this.#client.isReady) return;
    this.#isProbing = true;
    await within(PROBE_MS, this.#check()).catch(() => this.#reconnect());
    this.#isProbing = false;
  }

  #reconnect(): void {
    if (this.#isClosed) return;
    this.#client.destroy();
    this.#client.connect().catch(() => undefined);
  }

  async #check(): Promise<void> {
    const owed = [...this.#owed];
    if (owed.length > 0) await this.#stamp(owed);
    else await this.#client.ping();
    for (const [tag, stamp] of owed) if (this.#owed.get(tag) === stamp) this.#owed.delete(tag);
    if (owed.length > 0) this.onReturn?.(owed);
    if (this.#owed.size > 0) return this.#check();
    this.#isOut = false;
    this.#log.log('Redis answers');
  }
}

/** A process that was held up itself reads what has arrived before it gives up. */
function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const late = setTimeout(
    () => setImmediate(() => reject(new Error(`no answer within ${milliseconds} ms`))),
    milliseconds,
  );
  work.then(resolve, reject).finally(() => clearTimeout(late));
  return promise;
}
