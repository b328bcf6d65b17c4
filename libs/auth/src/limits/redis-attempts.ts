import { Redis } from 'ioredis';
import type { SharedRedis } from '../auth.module.js';
import {
  type AttemptLimit,
  type AttemptStore,
  type Settlement,
  type Verdict,
  WINDOW_MS,
} from './attempt-store.js';

const CONNECT_TIMEOUT_MS = 5_000;
const MAX_RECONNECT_DELAY_MS = 500;

/** Returns an empty list when reserved, 0 when busy, else the place of the key that refuses and the milliseconds it has left. */
const RESERVE_SCRIPT = `
  local busy = false
  for i, key in ipairs(KEYS) do
    local known = redis.call('hmget', key, 'failures', 'reserved')
    local failures, reserved = tonumber(known[1] or 0), tonumber(known[2] or 0)
    local max = tonumber(ARGV[i + 1])
    if failures >= max then return { i, redis.call('pttl', key) } end
    busy = busy or failures + reserved >= max
  end
  if busy then return 0 end
  for _, key in ipairs(KEYS) do
    redis.call('hincrby', key, 'reserved', 1)
    if redis.call('pttl', key) < 0 then redis.call('pexpire', key, ARGV[1]) end
  end
  return {}`;

const SETTLE_SCRIPT = `
  for i, key in ipairs(KEYS) do
    local outcome = ARGV[i + 1]
    if tonumber(redis.call('hget', key, 'reserved') or 0) > 0 then redis.call('hincrby', key, 'reserved', -1) end
    if outcome == 'failed' then redis.call('hincrby', key, 'failures', 1) end
    if outcome == 'reset' then redis.call('hdel', key, 'failures') end
    if redis.call('pttl', key) == -1 then redis.call('pexpire', key, ARGV[1]) end
  end`;

/** Counts the attempts of all processes in Redis. Fails at once while Redis is not reachable, and has no timeout of its own. */
export class RedisAttempts implements AttemptStore {
  readonly #redis: Redis;
  readonly #prefix: string;

  private constructor({ url, namespace }: SharedRedis) {
    this.#prefix = `${namespace}:attempts:`;
    this.#redis = new Redis(url, {
      connectionName: `${namespace}:attempts`,
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      retryStrategy: (times) => Math.min(50 * times, MAX_RECONNECT_DELAY_MS),
    });
    // Each command reports its own error.
    this.#redis.on('error', () => undefined);
  }

  /** Connects, so that the first attempt does not wait for that. Resolves also when Redis is not reachable yet. */
  static async open(redis: SharedRedis): Promise<RedisAttempts> {
    const attempts = new RedisAttempts(redis);
    await attempts.#redis.connect().catch(() => undefined);
    return attempts;
  }

  async reserve(limits: readonly AttemptLimit[]): Promise<Verdict> {
    const keys = limits.map(({ key }) => this.#prefix + key);
    const maxima = limits.map(({ max }) => max);
    const reply = (await this.#redis.eval(RESERVE_SCRIPT, keys.length, ...keys, WINDOW_MS, ...maxima)) as
      0 | [] | [place: number, forMs: number];
    if (reply === 0) return 'busy';
    const [place, forMs] = reply;
    return place === undefined ? 'reserved' : { key: limits[place - 1]!.key, forMs: forMs! };
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    const keys = settlements.map(([key]) => this.#prefix + key);
    const outcomes = settlements.map(([, outcome]) => outcome);
    await this.#redis.eval(SETTLE_SCRIPT, keys.length, ...keys, WINDOW_MS, ...outcomes);
  }

  close(): void {
    this.#redis.disconnect();
  }
}
