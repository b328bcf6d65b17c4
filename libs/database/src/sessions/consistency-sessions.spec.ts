import { CallContext } from '@tearline/seam';
import { expect, it } from 'vitest';
import { ConsistencySessions } from '../index.js';

const at = '7.00000001.0000000000000005';
const callOf = (id?: string) =>
  new CallContext({ requestId: 'r', deadline: Infinity, principal: id === undefined ? undefined : { id } });

it('is complete once all replicas have replayed the writes before its start', async () => {
  const sessions = new ConsistencySessions({ maxLag: 300 });
  const call = callOf('42');
  call.consistency.recordWrite('articles', at);
  await sessions.save(call);

  const next = callOf('42');
  expect(await sessions.load(next)).toBe(false);
  expect(next.consistency.requiredPosition('articles')).toBe(at);
  expect(await sessions.load(callOf())).toBe(true);
  await expect.poll(() => sessions.load(callOf('42'))).toBe(true);
  expect(await sessions.load(callOf('43'))).toBe(true);
});
