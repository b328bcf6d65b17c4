import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NameLocks } from './name-locks.js';

const free = async () => {};

describe('a claim to a name', () => {
  it('keeps others from working for it, who are refused when it succeeds', async () => {
    const claims = new NameLocks();
    const taken = new Set<string>();
    const { promise, resolve } = Promise.withResolvers<void>();
    let worked = 0;
    const register = () =>
      claims.withLocks(
        ['jake'],
        async () => {
          if (taken.has('jake')) throw new Error('taken');
        },
        async () => {
          worked += 1;
          await promise;
          taken.add('jake');
        },
      );
    const all = Array.from({ length: 5 }, register);
    const outcomes = Promise.allSettled(all);
    await setImmediate();
    expect(worked).toBe(1);
    resolve();
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'fulfilled',
      ...Array<string>(4).fill('rejected'),
    ]);
    expect(worked).toBe(1);
  });

  it('passes to the next one when it fails', async () => {
    const claims = new NameLocks();
    const first = claims.withLocks(['jake'], free, () => Promise.reject(new Error('broken')));
    const second = claims.withLocks(['jake'], free, async () => 'mine');
    await expect(first).rejects.toThrow('broken');
    expect(await second).toBe('mine');
  });

  it('holds for each of several names, and for no other', async () => {
    const claims = new NameLocks();
    const { promise, resolve } = Promise.withResolvers<string>();
    const both = claims.withLocks(['jake', 'jake@example.com'], free, () => promise);
    let waited = true;
    const other = claims.withLocks(['jim', 'jake@example.com'], free, async () => {
      waited = false;
    });
    expect(await claims.withLocks(['joe'], free, async () => 'at once')).toBe('at once');
    expect(waited).toBe(true);
    resolve('done');
    await Promise.all([both, other]);
    expect(waited).toBe(false);
  });
});
