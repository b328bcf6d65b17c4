import { expect, it } from 'vitest';
import { CallContext, currentCall, runCall } from './call-context.js';
import { type InFlightCall, DeadlineTracker } from './deadline-tracker.js';

const soon = () => performance.now() + 5;
const call = (deadline: number, expire: () => void): InFlightCall => ({ deadline, expire, index: -1 });

it('expires what is late, once, and nothing else', async () => {
  const deadlines = new DeadlineTracker();
  const expired: string[] = [];
  const late = call(soon(), () => expired.push('late'));
  const left = call(soon(), () => expired.push('left'));
  const early = call(Infinity, () => expired.push('early'));
  for (const one of [late, left, early]) deadlines.add(one);
  expect(deadlines.remove(left)).toBe(true);
  expect(deadlines.remove(left)).toBe(false);
  await expect.poll(() => expired).toEqual(['late']);
  expect(deadlines.remove(late)).toBe(false);
  expect(deadlines.size).toBe(1);
});

it('expires a call outside of the call that happened to start the timer', async () => {
  const deadlines = new DeadlineTracker();
  const first = new CallContext({ requestId: 'first', deadline: Infinity });
  let seen: unknown = 'nothing yet';
  runCall(first, () => deadlines.add(call(soon(), () => (seen = currentCall()))));
  await expect.poll(() => seen).toBeUndefined();
});
