import { CallContext } from '@tearline/seam';
import { expect, it } from 'vitest';
import { ConsistencySessions } from '../index.js';

const POSITION = '7312345678901234567.00000001.0000000016b374d8';
const sessions = new ConsistencySessions({ secret: 'the secret of all hosts' });

async function tokenOf(from: ConsistencySessions, modules: readonly string[]): Promise<string> {
  const call = new CallContext({ requestId: 'r', deadline: 0 });
  for (const module of modules) call.consistency.recordWrite(module, POSITION);
  return from.save(call);
}

it('a token decodes to its positions on every host with the same secret', async () => {
  const token = await tokenOf(sessions, ['articles', 'identity']);
  const other = new ConsistencySessions({ secret: 'a new secret of all hosts, the secret of all hosts' });
  const positions = [
    ['articles', POSITION],
    ['identity', POSITION],
  ];
  expect([...sessions.readToken(token)!]).toEqual(positions);
  expect([...other.readToken(token)!]).toEqual(positions);
  expect(new ConsistencySessions().readToken(token)).toBeUndefined();
});

it('a token with one changed character is refused', async () => {
  const token = await tokenOf(sessions, ['articles']);
  for (let at = 0; at < token.length - 1; at += 1) {
    const forged = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
    expect([at, sessions.readToken(forged)]).toEqual([at, undefined]);
  }
  for (const garbage of ['', '.', 'x', `${token}.x`, token.slice(0, -1)])
    expect(sessions.readToken(garbage)).toBeUndefined();
});

it('a token has a bounded length', async () => {
  const modules = Array.from({ length: 100 }, (_, index) => `module-${index}`);
  expect((await tokenOf(sessions, modules)).length).toBeLessThan(3_000);
});
