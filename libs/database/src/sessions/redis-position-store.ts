import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import type { PositionsByModule } from '@tearline/seam';
import { Redis } from 'ioredis';
import { RETENTION_MS } from './memory-position-store.js';

const COMMAND_TIMEOUT_MS = 250;
const MAX_RECONNECT_DELAY_MS = 500;
/** While Redis does not answer, one request per interval tries it; the others skip it. */
const RETRY_INTERVAL_MS = 500;
/** After an outage: other processes may still have to announce writes that they could not save. */
const UNAVAILABLE_GRACE_PERIOD_MS = 2_000;
/** Other processes may notice a new epoch this much later. */
const EPOCH_GRACE_PERIOD_MS = 1_000;

/** Keeps the later of two positions, or the new one when their clusters differ, like `laterPosition` of the seam. */
const SAVE_SCRIPT = `
  for i = 2, #ARGV, 2 do
    local known = redis.call('hget', KEYS[1], ARGV[i])
    local new = ARGV[i + 1]
    if not known or known < new or string.match(known, '^%d+') ~= string.match(new, '^%d+') then
      redis.call('hset', KEYS[1], ARGV[i], new)
    end
  end
  redis.call('pexpire', KEYS[1], ARGV[1])`;

/**
 * Stores the positions of writes through all hosts. Redis may be unreachable, hang or lose data. In each case `load`
 * returns undefined for a while, so that reads are `strong`.
 */
export class RedisPositionStore {
  readonly #redis: Redis;
  readonly #keyPrefix: string;
  /** Holds an id that changes whenever Redis may have lost positions. */
  readonly #epochKey: string;
  readonly #log = new Logger('Sessions');
  #epoch: string | undefined;
  #unreliableUntil = 0;
  #isUnavailable = false;
  #retryAt = 0;
  /** A position could not be saved in Redis. */
  #hasUnsavedWrites = false;

  /**
   * @param maxLag milliseconds after which every replica that serves reads has replayed earlier writes
   * @param namespace of this deployment; several on one Redis have different ones
   */
  private constructor(
    url: string,
    private readonly maxLag: number,
    namespace: string,
  ) {
    this.#keyPrefix = `${namespace}:session:`;
    this.#epochKey = `${namespace}:sessions`;
    this.#redis = new Redis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: 1_000,
      retryStrategy: (times) => Math.min(50 * times, MAX_RECONNECT_DELAY_MS),
      connectionName: this.#epochKey,
    });
    // Each command reports its own error.
    this.#redis.on('error', () => undefined);
    this.#redis.on(
      'ready',
      () => void this.#ensureEpoch().catch((error: unknown) => this.#recordFailure(error)),
    );
  }

  /** Resolves when Redis answers, or after the command timeout. */
  static async open(url: string, maxLag: number, namespace = 'tearline-0'): Promise<RedisPositionStore> {
    const memory = new RedisPositionStore(url, maxLag, namespace);
    await once(memory.#redis, 'ready', { signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS) }).catch(
      () => undefined,
    );
    return memory;
  }

  /** Returns undefined when positions may be missing: the caller must then assume that anything was written. */
  async load(principal: string): Promise<PositionsByModule | undefined> {
    if (this.#isBackingOff()) return undefined;
    try {
      const [epoch, positions] = await Promise.all([
        this.#redis.get(this.#epochKey),
        this.#redis.hgetall(this.#keyPrefix + principal),
      ]);
      await this.#checkEpoch(epoch);
      this.#recordSuccess();
      return performance.now() < this.#unreliableUntil ? undefined : new Map(Object.entries(positions));
    } catch (error) {
      this.#recordFailure(error);
      return undefined;
    }
  }

  /** Never fails. */
  async save(principal: string, positions: PositionsByModule): Promise<void> {
    if (this.#isBackingOff()) {
      this.#hasUnsavedWrites = true;
      return;
    }
    try {
      await this.#redis.eval(
        SAVE_SCRIPT,
        1,
        this.#keyPrefix + principal,
        RETENTION_MS,
        ...[...positions].flat(),
      );
    } catch (error) {
      this.#hasUnsavedWrites = true;
      this.#recordFailure(error);
    }
  }

  close(): void {
    this.#redis.disconnect();
  }

  /** Another epoch, or none, means that Redis lost positions, or that another process could not save some. */
  async #checkEpoch(epoch: string | null): Promise<void> {
    if (epoch === null || this.#hasUnsavedWrites) return this.#ensureEpoch(epoch);
    if (this.#epoch !== undefined && this.#epoch !== epoch)
      this.#markUnreliable(this.maxLag + EPOCH_GRACE_PERIOD_MS);
    this.#epoch = epoch;
  }

  /** Starts an epoch when there is none, and a new epoch when positions could not be saved. */
  async #ensureEpoch(epoch: string | null = this.#epoch ?? null): Promise<void> {
    if (epoch !== null && !this.#hasUnsavedWrites) return;
    const next = randomUUID();
    const isOurs = this.#hasUnsavedWrites
      ? await this.#redis.set(this.#epochKey, next)
      : await this.#redis.set(this.#epochKey, next, 'NX');
    // At the first start of all there were no positions to lose.
    if (this.#epoch !== undefined || this.#hasUnsavedWrites)
      this.#markUnreliable(this.maxLag + EPOCH_GRACE_PERIOD_MS);
    this.#hasUnsavedWrites = false;
    if (isOurs) this.#epoch = next;
  }

  /** Returns whether Redis did not answer lately and the next attempt is not due. */
  #isBackingOff(): boolean {
    const now = performance.now();
    if (!this.#isUnavailable || now >= this.#retryAt) {
      this.#retryAt = now + RETRY_INTERVAL_MS;
      return false;
    }
    return true;
  }

  #markUnreliable(milliseconds: number): void {
    this.#unreliableUntil = Math.max(this.#unreliableUntil, performance.now() + milliseconds);
  }

  #recordFailure(error: unknown): void {
    this.#markUnreliable(UNAVAILABLE_GRACE_PERIOD_MS);
    if (this.#isUnavailable) return;
    this.#isUnavailable = true;
    this.#log.warn({
      msg: 'Redis does not answer: reads with session consistency become strong',
      err: error,
    });
  }

  #recordSuccess(): void {
    if (!this.#isUnavailable) return;
    this.#isUnavailable = false;
    this.#log.log('Redis answers again');
  }
}
