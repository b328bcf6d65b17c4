import { expect, it } from 'vitest';
import { StartQueue } from './start-queue.js';

/** Starts of which a test decides when they are ready. */
function controlledStarts() {
  const begun: string[] = [];
  const ready = new Map<string, () => void>();
  const start = (name: string) => () => {
    begun.push(name);
    return new Promise<void>((resolve) => ready.set(name, resolve));
  };
  return { begun, ready, start };
}

it('starts as many processes at once as there are CPUs, those of a lower order first', async () => {
  const { begun, ready, start } = controlledStarts();
  const queue = new StartQueue(2);
  const all = ['a', 'b', 'second', 'first'].map((name) => queue.run(name === 'second' ? 2 : 1, start(name)));
  await expect.poll(() => begun).toEqual(['a', 'b']);
  ready.get('b')!();
  await expect.poll(() => begun).toEqual(['a', 'b', 'first']);
  ready.get('a')!();
  await expect.poll(() => begun).toEqual(['a', 'b', 'first', 'second']);
  ready.forEach((isReady) => isReady());
  await Promise.all(all);
});

it('goes on when a start fails, and reports the failure', async () => {
  const queue = new StartQueue(1);
  const failed = queue.run(1, () => Promise.reject(new Error('ended before it was ready')));
  await expect(failed).rejects.toThrow('ended before it was ready');
  await queue.run(1, () => Promise.resolve());
});

it('does not wait without end for a process that does not get ready', async () => {
  const { begun, ready, start } = controlledStarts();
  const queue = new StartQueue(1, 10);
  const hanging = queue.run(1, start('hanging'));
  await queue.run(1, () => Promise.resolve());
  expect(begun).toEqual(['hanging']);
  ready.get('hanging')!();
  await hanging;
});
