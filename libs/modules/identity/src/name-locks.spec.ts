import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NameLocks } from './name-locks.js';

const free = async () => {};

describe('a name lock', () => {
  it('makes others wait, and they are refused when its holder succeeds', async () => {
    const locks = new NameLocks();
    const taken = new Set<string>();
    const { promise, resolve } = Promise.withResolvers<void>();
    let worked = 0;
    const register = () =>
      locks.withLocks(
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

  it('passes to the next one when its holder fails', async () => {
    const locks = new NameLocks();
    const first = locks.withLocks(['jake'], free, () => Promise.reject(new Error('broken')));
    const second = locks.withLocks(['jake'], free, async () => 'mine');
    await expect(first).rejects.toThrow('broken');
    expect(await second).toBe('mine');
  });

  it('covers each of several names, and no other', async () => {
    const locks = new NameLocks();
    const { promise, resolve } = Promise.withResolvers<string>();
    const both = locks.withLocks(['jake', 'jake@example.com'], free, () => promise);
    let waited = true;
    const other = locks.withLocks(['jim', 'jake@example.com'], free, async () => {
      waited = false;
    });
    expect(await locks.withLocks(['joe'], free, async () => 'at once')).toBe('at once');
    expect(waited).toBe(true);
    resolve('done');
    await Promise.all([both, other]);
    expect(waited).toBe(false);
  });
});
