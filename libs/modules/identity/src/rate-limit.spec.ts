import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RateLimit, networkOf } from './rate-limit.js';

describe('a rate limit', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const refusal = (limit: RateLimit, key: string): unknown => {
    try {
      limit.check(key);
      return undefined;
    } catch (error) {
      return error;
    }
  };

  it('allows a number of attempts per key', () => {
    const limit = new RateLimit(2, 'credentials');
    limit.count('a');
    expect(refusal(limit, 'a')).toBeUndefined();
    limit.count('a');
    expect(refusal(limit, 'a')).toMatchObject({ code: 'credentials/too-many', data: { retryAfter: 60 } });
    expect(refusal(limit, 'b')).toBeUndefined();
  });

  it('counts for a minute from the first attempt on', () => {
    const limit = new RateLimit(2, 'credentials');
    limit.count('a');
    vi.advanceTimersByTime(40_000);
    limit.count('a');
    expect(refusal(limit, 'a')).toMatchObject({ data: { retryAfter: 20 } });
    vi.advanceTimersByTime(20_001);
    expect(refusal(limit, 'a')).toBeUndefined();
    limit.count('a');
    expect(refusal(limit, 'a')).toBeUndefined();
  });

  it('is reset for a key', () => {
    const limit = new RateLimit(1, 'credentials');
    limit.count('a');
    limit.reset('a');
    expect(refusal(limit, 'a')).toBeUndefined();
  });

  it('keeps a bounded number of keys, the latest', () => {
    const limit = new RateLimit(1, 'credentials');
    for (let key = 0; key <= 10_000; key += 1) limit.count(`${key}`);
    expect(refusal(limit, '0')).toBeUndefined();
    expect(refusal(limit, '1')).toBeDefined();
    expect(refusal(limit, '10000')).toBeDefined();
  });
});

describe('the network of a client', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
