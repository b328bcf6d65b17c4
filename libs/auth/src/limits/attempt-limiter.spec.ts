import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { AttemptLimiter, type LimitedKey } from './attempt-limiter.js';
import type { AttemptStore } from './attempt-store.js';
import { MemoryAttempts } from './memory-attempts.js';

const tooMany = { code: 'credentials/too-many', data: { retryAfter: expect.any(Number) as number } };
const keys = (max: number): LimitedKey[] => [
  { key: '203.0.113.7', max: 100 * max },
  { key: '203.0.113.7 jake@example.com', max, isResetBySuccess: true },
];
const counters = async (registry: Registry, name: string) =>
  (await registry.getSingleMetricAsString(name)).match(/\d+$/)?.[0] ?? '0';

/** A store that several limiters, as of several processes, share; it may be away. */
class SharedStore implements AttemptStore {
  readonly #attempts = new MemoryAttempts();
  isAway = false;
  asked = 0;

  async reserve(limits: Parameters<AttemptStore['reserve']>[0]) {
    await this.#answer();
    return this.#attempts.reserve(limits);
  }

  async settle(settlements: Parameters<AttemptStore['settle']>[0]) {
    await this.#answer();
    this.#attempts.settle(settlements);
  }

  async #answer(): Promise<void> {
    this.asked += 1;
    await new Promise((resolve) => setImmediate(resolve));
    if (this.isAway) throw new Error('away');
  }
}

/** Makes attempts through each limiter, all at once; returns how many were made. */
async function attack(limiters: readonly AttemptLimiter[], each: number, max: number): Promise<number> {
  let made = 0;
  const guess = async () => {
    made += 1;
    await new Promise((resolve) => setImmediate(resolve));
    return undefined;
  };
  const outcomes = await Promise.allSettled(
    limiters.flatMap((limiter) =>
      Array.from({ length: each }, () => limiter.run('credentials', keys(max), guess)),
    ),
  );
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  expect(refusals).toEqual(Array.from(refusals, () => expect.objectContaining(tooMany)));
  return made;
}

describe('a limit on attempts', () => {
  it('allows ten processes as many concurrent failures as one', async () => {
    const store = new SharedStore();
    const limiters = Array.from({ length: 10 }, () => new AttemptLimiter(store));
    expect(await attack(limiters, 20, 4)).toBe(4);
  });

  it('asks the store no more once it has refused', async () => {
    const store = new SharedStore();
    const limiter = new AttemptLimiter(store);
    await attack([limiter], 4, 3);
    const { asked } = store;
    expect(await attack([limiter], 100, 3)).toBe(0);
    expect(store.asked).toBe(asked);
  });

  it('refuses no attempt that succeeds, however many are made at once', async () => {
    const store = new SharedStore();
    const limiters = Array.from({ length: 10 }, () => new AttemptLimiter(store));
    const logIns = limiters.flatMap((limiter) =>
      Array.from({ length: 10 }, () => limiter.run('credentials', keys(4), async () => 'jake')),
    );
    expect(new Set(await Promise.all(logIns))).toEqual(new Set(['jake']));
  });

  it('does not count an attempt that throws', async () => {
    const limiter = new AttemptLimiter(new SharedStore());
    for (let time = 0; time < 5; time += 1)
      await expect(
        limiter.run('credentials', keys(2), () => Promise.reject(new Error('no database'))),
      ).rejects.toThrow('no database');
    expect(await limiter.run('credentials', keys(2), async () => 'jake')).toBe('jake');
  });

  it('is that of each process while the store is away, including what the process has seen before', async () => {
    const store = new SharedStore();
    const registry = new Registry();
    const [one, other] = [new AttemptLimiter(store, registry), new AttemptLimiter(store)];
    expect(await attack([one], 3, 5)).toBe(3);
    store.isAway = true;
    expect(await attack([one], 10, 5)).toBe(2);
    expect(await attack([other], 10, 5)).toBe(5);
    expect(Number(await counters(registry, 'attempts_unshared_total'))).toBeGreaterThanOrEqual(3);
    expect(Number(await counters(registry, 'attempts_refused_total'))).toBe(8);
  });

  it('is shared again when the store is back', async () => {
    const store = new SharedStore();
    store.isAway = true;
    const limiter = new AttemptLimiter(store);
    await attack([limiter], 1, 5);
    store.isAway = false;
    const isShared = async () => {
      const before = store.asked;
      await limiter.run('credentials', keys(5), async () => 'jake');
      return store.asked > before;
    };
    await expect.poll(isShared, { timeout: 10_000 }).toBe(true);
    expect(await attack([new AttemptLimiter(store), limiter], 10, 5)).toBe(5);
  });
});
