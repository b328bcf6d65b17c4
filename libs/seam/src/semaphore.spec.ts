import { CallContext, runCall } from './call/call-context.js';
import { SeamError } from './call/errors.js';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Semaphore } from './semaphore.js';

/** Work that ends on demand. */
function job() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const state = { started: false, end: resolve, fail: reject };
  const work = () => {
    state.started = true;
    return promise;
  };
  return { state, work };
}

describe('a semaphore', () => {
  it('runs as many at once as it has permits, the others in order', async () => {
    const semaphore = new Semaphore(2, 10);
    const jobs = Array.from({ length: 4 }, job);
    const results = jobs.map(({ work }) => semaphore.run(work));
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

  it('refuses work beyond its queue', async () => {
    const semaphore = new Semaphore(1, 1);
    const { state, work } = job();
    const running = semaphore.run(work);
    const waiting = semaphore.run(async () => 'waited');
    await expect(semaphore.run(async () => 'never')).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    });
    state.end('done');
    expect(await Promise.all([running, waiting])).toEqual(['done', 'waited']);
    expect(await semaphore.run(async () => 'free again')).toBe('free again');
  });

  it('releases the permit of work that fails', async () => {
    const semaphore = new Semaphore(1, 0);
    await expect(semaphore.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await semaphore.run(async () => 'next')).toBe('next');
  });

  it('removes the waiting work of a cancelled call', async () => {
    const semaphore = new Semaphore(1, 1);
    const [first, second] = [job(), job()];
    const call = new CallContext({ requestId: 'r', deadline: performance.now() + 60_000 });
    const running = semaphore.run(first.work);
    const abandoned = runCall(call, () => semaphore.run(second.work));
    call.cancel(new SeamError('cancelled'));
    first.state.end('done');
    await running;
    await expect(abandoned).rejects.toMatchObject({ code: 'cancelled' });
    expect(second.state.started).toBe(false);
    expect(await semaphore.run(async () => 'next')).toBe('next');
  });

  it('refuses work whose deadline has passed', async () => {
    const late = new CallContext({ requestId: 'r', deadline: performance.now() });
    const { state, work } = job();
    await expect(runCall(late, () => new Semaphore(1, 1).run(work))).rejects.toMatchObject({
      code: 'deadline-exceeded',
    });
    expect(state.started).toBe(false);
  });
});
