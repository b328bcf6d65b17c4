import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CallContext, currentCall, runCall } from './call/call-context.js';
import { PeriodicTask } from './periodic-task.js';

const run = vi.fn<() => Promise<void>>();
let task: PeriodicTask;
beforeEach(() => {
  vi.useFakeTimers();
  run.mockReset().mockResolvedValue(undefined);
  task = new PeriodicTask('test', 1_000, run);
});
afterEach(async () => {
  await task.stop();
  vi.useRealTimers();
});

it('runs again and again, an interval after each run', async () => {
  task.start();
  await vi.advanceTimersByTimeAsync(700);
  expect(run).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(12_500);
  expect(run.mock.calls.length).toBeGreaterThanOrEqual(10);
});

it('runs earlier when it is asked to, and once more when that happens during a run', async () => {
  const held = Promise.withResolvers<void>();
  run.mockReturnValueOnce(held.promise);
  task.start();
  task.runWithin(10);
  task.runWithin(400);
  await vi.advanceTimersByTimeAsync(20);
  expect(run).toHaveBeenCalledTimes(1);
  task.runWithin(0);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(run).toHaveBeenCalledTimes(1);
  held.resolve();
  await vi.advanceTimersByTimeAsync(10);
  expect(run).toHaveBeenCalledTimes(2);
});

it('logs a failed run and goes on, outside of the call that asked for it', async () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  run.mockImplementationOnce(async () => {
    expect(currentCall()).toBeUndefined();
    throw new Error('refused');
  });
  task.start();
  await runCall(new CallContext({ requestId: 'test', deadline: Infinity }), async () => task.runWithin(0));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(warn).toHaveBeenCalledWith({ err: new Error('refused') }, 'test failed');
  expect(run.mock.calls.length).toBeGreaterThanOrEqual(2);
});

it('waits for the run in progress when it stops, and runs no more', async () => {
  const held = Promise.withResolvers<void>();
  run.mockReturnValueOnce(held.promise);
  task.start();
  task.runWithin(0);
  await vi.advanceTimersByTimeAsync(1);
  const stopped = vi.fn<() => void>();
  void task.stop().then(stopped);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(stopped).not.toHaveBeenCalled();
  held.resolve();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(stopped).toHaveBeenCalled();
  expect(run).toHaveBeenCalledTimes(1);
});
