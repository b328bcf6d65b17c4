import { CallContext } from '@tearline/seam';
import { expect, it } from 'vitest';
import { ConsistencySessions } from '../index.js';

const at = '7.00000001.0000000000000005';
const callOf = (id?: string) =>
  new CallContext({ requestId: 'r', deadline: Infinity, principal: id === undefined ? undefined : { id } });

it('knows everything only when all replicas show what was written before it began', async () => {
  const sessions = new ConsistencySessions({ maxLag: 300 });
  const call = callOf('42');
  call.consistency.wrote('articles', at);
  await sessions.keep(call);

  const next = callOf('42');
  expect(await sessions.recall(next)).toBe(false);
  expect(next.consistency.of('articles')).toBe(at);
  expect(await sessions.recall(callOf())).toBe(true);
  await expect.poll(() => sessions.recall(callOf('42'))).toBe(true);
  expect(await sessions.recall(callOf('43'))).toBe(true);
});
