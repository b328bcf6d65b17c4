import { once } from 'node:events';
import { SeamError } from '@tearline/seam';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { expiryOf, type SessionLifetimes, type SessionStore, type StoredSession } from './session-store.js';

const COMMAND_TIMEOUT_MS = 1_000;
const MAX_RECONNECT_DELAY_MS = 500;

const Stored = z.object({
  id: z.string(),
  userId: z.number(),
  generation: z.number(),
  userAgent: z.string(),
  createdAt: z.number(),
  lastUsedAt: z.number(),
});

/** Stores each session under a key that expires with it, and the ids of a user's sessions in a set. */
export class RedisSessionStore implements SessionStore {
  readonly #redis: Redis;

  private constructor(
    url: string,
    private readonly namespace: string,
    private readonly lifetimes: SessionLifetimes,
  ) {
    this.#redis = new Redis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: 1_000,
      retryStrategy: (times) => Math.min(50 * times, MAX_RECONNECT_DELAY_MS),
      connectionName: `${namespace}:user-sessions`,
    });
    // Each command reports its own error.
    this.#redis.on('error', () => undefined);
  }

  /**
   * Resolves when Redis answers, or after a second.
   * @param namespace of this deployment; several on one Redis have different ones
   */
  static async open(url: string, namespace: string, lifetimes: SessionLifetimes): Promise<RedisSessionStore> {
    const store = new RedisSessionStore(url, namespace, lifetimes);
    const signal = AbortSignal.timeout(COMMAND_TIMEOUT_MS);
    await once(store.#redis, 'ready', { signal }).catch(() => undefined);
    return store;
  }

  async add(session: StoredSession): Promise<void> {
    const ofUser = this.#keyOfUser(session.userId);
    await this.#transaction((commands) =>
      commands
        .set(this.#key(session.id), JSON.stringify(session), 'PXAT', expiryOf(session, this.lifetimes))
        .sadd(ofUser, session.id)
        .pexpire(ofUser, this.lifetimes.absolute),
    );
  }

  async find(id: string): Promise<StoredSession | undefined> {
    const text = await this.#answer(this.#redis.get(this.#key(id)));
    return text === null ? undefined : parse(text);
  }

  async touch(session: StoredSession, lastUsedAt: number): Promise<void> {
    const touched = { ...session, lastUsedAt };
    const expiry = expiryOf(touched, this.lifetimes);
    await this.#answer(
      this.#redis.call('SET', this.#key(session.id), JSON.stringify(touched), 'XX', 'PXAT', expiry),
    );
  }

  async list(userId: number): Promise<StoredSession[]> {
    const ofUser = this.#keyOfUser(userId);
    const ids = await this.#answer(this.#redis.smembers(ofUser));
    if (ids.length === 0) return [];
    const texts = await this.#answer(this.#redis.mget(ids.map((id) => this.#key(id))));
    const expired = ids.filter((_, index) => texts[index] === null);
    if (expired.length > 0) await this.#answer(this.#redis.srem(ofUser, ...expired));
    return texts.flatMap((text) => (text == null ? [] : [parse(text)]));
  }

  async remove(userId: number, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#transaction((commands) =>
      commands.del(...ids.map((id) => this.#key(id))).srem(this.#keyOfUser(userId), ...ids),
    );
  }

  close(): void {
    this.#redis.disconnect();
  }

  #key(id: string): string {
    return `${this.namespace}:user-session:${id}`;
  }

  #keyOfUser(userId: number): string {
    return `${this.namespace}:user-sessions:${userId}`;
  }

  async #transaction(
    build: (commands: ReturnType<Redis['multi']>) => ReturnType<Redis['multi']>,
  ): Promise<void> {
    const replies = await this.#answer(build(this.#redis.multi()).exec());
    const error = replies?.find(([failure]) => failure)?.[0];
    if (error) throw new SeamError('unavailable', { cause: error });
  }

  /** @throws SeamError unavailable */
  async #answer<T>(command: Promise<T>): Promise<T> {
    try {
      return await command;
    } catch (cause) {
      throw new SeamError('unavailable', { cause });
    }
  }
}

const parse = (text: string): StoredSession => Stored.parse(JSON.parse(text));
