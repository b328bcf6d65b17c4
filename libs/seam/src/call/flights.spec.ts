import { expect, it } from 'vitest';
import { CallContext, currentCall, runCall } from './call-context.js';
import { type Flight, Flights } from './flights.js';

const soon = () => performance.now() + 5;
const flight = (deadline: number, expire: () => void): Flight => ({ deadline, expire, index: -1 });

it('expires what is late, once, and nothing else', async () => {
  const flights = new Flights();
  const expired: string[] = [];
  const late = flight(soon(), () => expired.push('late'));
  const left = flight(soon(), () => expired.push('left'));
  const early = flight(Infinity, () => expired.push('early'));
  for (const one of [late, left, early]) flights.enter(one);
  expect(flights.leave(left)).toBe(true);
  expect(flights.leave(left)).toBe(false);
  await expect.poll(() => expired).toEqual(['late']);
  expect(flights.leave(late)).toBe(false);
  expect(flights.size).toBe(1);
});

it('expires a call outside of the call that happened to start the timer', async () => {
  const flights = new Flights();
  const first = new CallContext({ requestId: 'first', deadline: Infinity });
  let seen: unknown = 'nothing yet';
  runCall(first, () => flights.enter(flight(soon(), () => (seen = currentCall()))));
  await expect.poll(() => seen).toBeUndefined();
});
