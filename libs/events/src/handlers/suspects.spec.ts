import { expect, it, vi } from 'vitest';
import { Suspects } from './suspects.js';

it('lets one suspect run at a time', () => {
  const suspects = new Suspects(0);
  expect([suspects.tryAcquire(), suspects.tryAcquire()]).toEqual([true, false]);
  suspects.release();
  expect(suspects.tryAcquire()).toBe(true);
});

it('lets none run in a process that has just started, which may be ending again and again for another reason', () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000);
  try {
    const suspects = new Suspects();
    clock.mockReturnValue(5_900);
    expect(suspects.tryAcquire()).toBe(false);
    clock.mockReturnValue(6_100);
    expect(suspects.tryAcquire()).toBe(true);
  } finally {
    clock.mockRestore();
  }
});
