import { CallContext, runCall, SeamError } from '@tearline/seam';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WorkSlots } from './work-slots.js';

/** Work that goes on until it is told to end. */
function job() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const state = { started: false, end: resolve, fail: reject };
  const work = () => {
    state.started = true;
    return promise;
  };
  return { state, work };
}

describe('work slots', () => {
  it('run a few at once, the others in order', async () => {
    const slots = new WorkSlots(2, 10);
    const jobs = Array.from({ length: 4 }, job);
    const results = jobs.map(({ work }) => slots.run(work));
    const started = () => jobs.map(({ state }) => state.started);
    await setImmediate();
    expect(started()).toEqual([true, true, false, false]);
    jobs[1]!.state.end('second');
    expect(await results[1]).toBe('second');
    await setImmediate();
    expect(started()).toEqual([true, true, true, false]);
    for (const { state } of jobs) state.end('done');
    await Promise.all(results);
    expect(started()).toEqual([true, true, true, true]);
  });

  it('refuse whom they have no place for, and only then', async () => {
    const slots = new WorkSlots(1, 1);
    const { state, work } = job();
    const running = slots.run(work);
    const waiting = slots.run(async () => 'waited');
    await expect(slots.run(async () => 'never')).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    });
    state.end('done');
    expect(await Promise.all([running, waiting])).toEqual(['done', 'waited']);
    expect(await slots.run(async () => 'free again')).toBe('free again');
  });

  it('are free again after work that fails', async () => {
    const slots = new WorkSlots(1, 0);
    await expect(slots.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await slots.run(async () => 'next')).toBe('next');
  });

  it('skip work that nobody waits for any more', async () => {
    const slots = new WorkSlots(1, 1);
    const [first, second] = [job(), job()];
    const call = new CallContext({ requestId: 'r', deadline: performance.now() + 60_000 });
    const running = slots.run(first.work);
    const abandoned = runCall(call, () => slots.run(second.work));
    call.cancel(new SeamError('cancelled'));
    first.state.end('done');
    await running;
    await expect(abandoned).rejects.toMatchObject({ code: 'cancelled' });
    expect(second.state.started).toBe(false);
    expect(await slots.run(async () => 'next')).toBe('next');
  });

  it('skip work whose deadline has passed', async () => {
    const late = new CallContext({ requestId: 'r', deadline: performance.now() });
    const { state, work } = job();
    await expect(runCall(late, () => new WorkSlots(1, 1).run(work))).rejects.toMatchObject({
      code: 'deadline-exceeded',
    });
    expect(state.started).toBe(false);
  });
});
