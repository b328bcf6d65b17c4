import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attemptStoreSpecs } from '../../../../test/support/attempt-store-specs.js';
import { MemoryAttempts } from './memory-attempts.js';

const shared = new MemoryAttempts();
attemptStoreSpecs('memory', () => [shared]);

describe('attempts in memory', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const limit = (key: string) => [{ key, max: 2 }];
  const fail = (attempts: MemoryAttempts, key: string) => {
    attempts.reserve(limit(key));
    attempts.settle([[key, 'failed']]);
  };

  it('count for a minute from the first one on', () => {
    const attempts = new MemoryAttempts();
    fail(attempts, 'a');
    vi.advanceTimersByTime(40_000);
    fail(attempts, 'a');
    expect(attempts.reserve(limit('a'))).toEqual({ key: 'a', forMs: 20_000 });
    vi.advanceTimersByTime(20_001);
    expect(attempts.reserve(limit('a'))).toBe('reserved');
  });

  it('are remembered for a bounded number of keys, the latest', () => {
    const attempts = new MemoryAttempts();
    for (let key = 0; key <= 20_000; key += 1) for (const _ of [1, 2]) fail(attempts, `${key}`);
    expect(attempts.reserve(limit('1'))).toMatchObject({ key: '1' });
    expect(attempts.reserve(limit('20000'))).toMatchObject({ key: '20000' });
    expect(attempts.reserve(limit('0'))).toBe('reserved');
  });
});
