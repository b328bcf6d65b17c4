import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import type { Positions } from '@tearline/seam';
import { Redis } from 'ioredis';
import { KEPT_MS, type SessionMemory } from './session-memory.js';

const PREFIX = 'tearline:session:';
/** Changes whenever Redis may have forgotten something. */
const EPOCH = 'tearline:sessions';
const TIMEOUT_MS = 250;
const LONGEST_PAUSE_MS = 500;
/** Instead of waiting for it each time, one request in a while finds out whether it answers again. */
const RETRY_MS = 500;
/** After it was away: others may be about to say what they could not keep. */
const ABSENCE_MS = 2_000;
/** Others may find out later that it has forgotten. */
const NOTICE_MS = 1_000;

/** Keeps the later of two positions; of two clusters the one that comes last. As `laterOf` of the seam does. */
const KEEP = `
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
export class RedisMemory implements SessionMemory {
  readonly #redis: Redis;
  readonly #log = new Logger('Sessions');
  #epoch: string | undefined;
  #doubtedUntil = 0;
  #isLost = false;
  #retryAt = 0;
  /** Something was written that Redis does not know of. */
  #owes = false;

  /** @param maxLag milliseconds after which every replica that is asked has what was written before */
  private constructor(
    url: string,
    private readonly maxLag: number,
  ) {
    this.#redis = new Redis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: TIMEOUT_MS,
      connectTimeout: 1_000,
      retryStrategy: (times) => Math.min(50 * times, LONGEST_PAUSE_MS),
      connectionName: 'tearline sessions',
    });
    // Whoever asks gets the error.
    this.#redis.on('error', () => undefined);
    this.#redis.on('ready', () => void this.#settle().catch((error: unknown) => this.#lose(error)));
  }

  /** Resolves when Redis has answered, or did not do so in time. */
  static async open(url: string, maxLag: number): Promise<RedisMemory> {
    const memory = new RedisMemory(url, maxLag);
    await once(memory.#redis, 'ready', { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => undefined);
    return memory;
  }

  async recall(principal: string): Promise<Positions | undefined> {
    if (this.#isOut()) return undefined;
    try {
      const [epoch, positions] = await Promise.all([
        this.#redis.get(EPOCH),
        this.#redis.hgetall(PREFIX + principal),
      ]);
      await this.#compare(epoch);
      this.#found();
      return performance.now() < this.#doubtedUntil ? undefined : new Map(Object.entries(positions));
    } catch (error) {
      this.#lose(error);
      return undefined;
    }
  }

  async keep(principal: string, positions: Positions): Promise<void> {
    if (this.#isOut()) {
      this.#owes = true;
      return;
    }
    try {
      await this.#redis.eval(KEEP, 1, PREFIX + principal, KEPT_MS, ...[...positions].flat());
    } catch (error) {
      this.#owes = true;
      this.#lose(error);
    }
  }

  close(): void {
    this.#redis.disconnect();
  }

  /** Another epoch, or none: Redis has forgotten, or somebody could not tell it something. */
  async #compare(epoch: string | null): Promise<void> {
    if (epoch === null || this.#owes) return this.#settle(epoch);
    if (this.#epoch !== undefined && this.#epoch !== epoch) this.#doubt(this.maxLag + NOTICE_MS);
    this.#epoch = epoch;
  }

  /** Begins an epoch where there is none, and another one when Redis does not know what it should. */
  async #settle(epoch: string | null = this.#epoch ?? null): Promise<void> {
    if (epoch !== null && !this.#owes) return;
    const next = randomUUID();
    const isOurs = this.#owes ? await this.#redis.set(EPOCH, next) : await this.#redis.set(EPOCH, next, 'NX');
    // At the very first start there was nothing to forget.
    if (this.#epoch !== undefined || this.#owes) this.#doubt(this.maxLag + NOTICE_MS);
    this.#owes = false;
    if (isOurs) this.#epoch = next;
  }

  /** Whether it did not answer of late, and it is not yet time to try again. */
  #isOut(): boolean {
    const now = performance.now();
    if (!this.#isLost || now >= this.#retryAt) {
      this.#retryAt = now + RETRY_MS;
      return false;
    }
    return true;
  }

  #doubt(milliseconds: number): void {
    this.#doubtedUntil = Math.max(this.#doubtedUntil, performance.now() + milliseconds);
  }

  #lose(error: unknown): void {
    this.#doubt(ABSENCE_MS);
    if (this.#isLost) return;
    this.#isLost = true;
    this.#log.warn({
      msg: 'Redis does not answer: reads must see everything instead of what their caller has written',
      err: error,
    });
  }

  #found(): void {
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#log.log('Redis answers again');
  }
}
