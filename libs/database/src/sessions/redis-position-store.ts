import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import type { PositionsByModule } from '@tearline/seam';
import { Redis } from 'ioredis';
import { RETENTION_MS, type PositionStore } from './position-store.js';

const KEY_PREFIX = 'tearline:session:';
/** Changes whenever Redis may have forgotten something. */
const EPOCH_KEY = 'tearline:sessions';
const COMMAND_TIMEOUT_MS = 250;
const MAX_RECONNECT_DELAY_MS = 500;
/** Instead of waiting for it each time, one request in a while finds out whether it answers again. */
const RETRY_INTERVAL_MS = 500;
/** After it was away: others may be about to say what they could not keep. */
const UNAVAILABLE_GRACE_PERIOD_MS = 2_000;
/** Others may find out later that it has forgotten. */
const EPOCH_GRACE_PERIOD_MS = 1_000;

/** Keeps the later of two positions; of two clusters the one that comes last. As `laterPosition` of the seam does. */
const SAVE_SCRIPT = `
  for i = 2, #ARGV, 2 do
    local known = redis.call('hget', KEYS[1], ARGV[i])
    local heard = ARGV[i + 1]
    if not known or known < heard or string.match(known, '^%d+') ~= string.match(heard, '^%d+') then
      redis.call('hset', KEYS[1], ARGV[i], heard)
    end
  end
  redis.call('pexpire', KEYS[1], ARGV[1])`;

/**
 * What was written through any host. Redis may be gone, hang or forget: whenever that is possible nothing is known of
 * anybody for a while, and reads see to it that nothing at all is missing.
 */
export class RedisPositionStore implements PositionStore {
  readonly #redis: Redis;
  readonly #log = new Logger('ConsistencySessions');
  #epoch: string | undefined;
  #unreliableUntil = 0;
  #isUnavailable = false;
  #retryAt = 0;
  /** Something was written that Redis does not know of. */
  #hasUnsavedWrites = false;

  /** @param maxLag milliseconds after which every replica that is asked has what was written before */
  private constructor(
    url: string,
    private readonly maxLag: number,
  ) {
    this.#redis = new Redis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: 1_000,
      retryStrategy: (times) => Math.min(50 * times, MAX_RECONNECT_DELAY_MS),
      connectionName: 'tearline sessions',
    });
    // Whoever asks gets the error.
    this.#redis.on('error', () => undefined);
    this.#redis.on(
      'ready',
      () => void this.#ensureEpoch().catch((error: unknown) => this.#recordFailure(error)),
    );
  }

  /** Resolves when Redis has answered, or did not do so in time. */
  static async open(url: string, maxLag: number): Promise<RedisPositionStore> {
    const memory = new RedisPositionStore(url, maxLag);
    await once(memory.#redis, 'ready', { signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS) }).catch(
      () => undefined,
    );
    return memory;
  }

  async load(principal: string): Promise<PositionsByModule | undefined> {
    if (this.#isBackingOff()) return undefined;
    try {
      const [epoch, positions] = await Promise.all([
        this.#redis.get(EPOCH_KEY),
        this.#redis.hgetall(KEY_PREFIX + principal),
      ]);
      await this.#checkEpoch(epoch);
      this.#recordSuccess();
      return performance.now() < this.#unreliableUntil ? undefined : new Map(Object.entries(positions));
    } catch (error) {
      this.#recordFailure(error);
      return undefined;
    }
  }

  async save(principal: string, positions: PositionsByModule): Promise<void> {
    if (this.#isBackingOff()) {
      this.#hasUnsavedWrites = true;
      return;
    }
    try {
      await this.#redis.eval(SAVE_SCRIPT, 1, KEY_PREFIX + principal, RETENTION_MS, ...[...positions].flat());
    } catch (error) {
      this.#hasUnsavedWrites = true;
      this.#recordFailure(error);
    }
  }

  close(): void {
    this.#redis.disconnect();
  }

  /** Another epoch, or none: Redis has forgotten, or somebody could not tell it something. */
  async #checkEpoch(epoch: string | null): Promise<void> {
    if (epoch === null || this.#hasUnsavedWrites) return this.#ensureEpoch(epoch);
    if (this.#epoch !== undefined && this.#epoch !== epoch)
      this.#markUnreliable(this.maxLag + EPOCH_GRACE_PERIOD_MS);
    this.#epoch = epoch;
  }

  /** Begins an epoch where there is none, and another one when Redis does not know what it should. */
  async #ensureEpoch(epoch: string | null = this.#epoch ?? null): Promise<void> {
    if (epoch !== null && !this.#hasUnsavedWrites) return;
    const next = randomUUID();
    const isOurs = this.#hasUnsavedWrites
      ? await this.#redis.set(EPOCH_KEY, next)
      : await this.#redis.set(EPOCH_KEY, next, 'NX');
    // At the very first start there was nothing to forget.
    if (this.#epoch !== undefined || this.#hasUnsavedWrites)
      this.#markUnreliable(this.maxLag + EPOCH_GRACE_PERIOD_MS);
    this.#hasUnsavedWrites = false;
    if (isOurs) this.#epoch = next;
  }

  /** Whether it did not answer of late, and it is not yet time to try again. */
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
      msg: 'Redis does not answer: reads must see everything instead of what their caller has written',
      err: error,
    });
  }

  #recordSuccess(): void {
    if (!this.#isUnavailable) return;
    this.#isUnavailable = false;
    this.#log.log('Redis answers again');
  }
}
