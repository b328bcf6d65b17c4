import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Revocations } from './revocations.js';
import { SampleAuthority, SampleBroadcaster } from './sample-authority.fixture.js';
import { sessionIdOf } from './session-cookies.js';
import { SessionVerifier } from './session-verifier.js';

let authority: SampleAuthority;
let broadcaster: SampleBroadcaster;
let revocations: Revocations;
let verifier: SessionVerifier;
let secret: string;

beforeEach(async () => {
  [authority, broadcaster] = [new SampleAuthority(), new SampleBroadcaster()];
  revocations = new Revocations(authority, broadcaster);
  revocations.onApplicationBootstrap();
  await vi.waitUntil(() => revocations.isCurrent(1, 0, Date.now()) === true);
  verifier = new SessionVerifier(revocations, authority);
  secret = begin();
});
afterEach(async () => {
  vi.useRealTimers();
  verifier.onModuleDestroy();
  await revocations.onModuleDestroy();
});

function begin(expiresAt = Date.now() + 3_600_000): string {
  const text = randomBytes(32).toString('base64url');
  authority.sessions.set(sessionIdOf(text), { userId: 7, generation: 0, createdAt: Date.now(), expiresAt });
  return text;
}

const principalOf = async (text: string) => verifier.principalOf(text);
const passSeconds = (seconds: number) => vi.advanceTimersByTime(1_000 * seconds);
const withFakeTime = () => vi.useFakeTimers({ toFake: ['performance', 'Date'] });

it('finds the principal with one question for concurrent requests, and caches it', async () => {
  const both = await Promise.all([principalOf(secret), principalOf(secret)]);
  expect(both).toEqual([{ id: '7' }, { id: '7' }]);
  expect(verifier.principalOf(secret)).toEqual({ id: '7' });
  expect(authority.calls.session).toBe(1);
});

it('asks again after five seconds', async () => {
  withFakeTime();
  await principalOf(secret);
  passSeconds(4.9);
  expect(verifier.principalOf(secret)).toEqual({ id: '7' });
  passSeconds(0.2);
  expect(await principalOf(secret)).toEqual({ id: '7' });
  expect(authority.calls.session).toBe(2);
  authority.sessions.clear();
  passSeconds(5);
  expect(await principalOf(secret)).toBeUndefined();
});

it('does not ask twice for a session that is not there', async () => {
  const unknown = randomBytes(32).toString('base64url');
  expect([await principalOf(unknown), await principalOf(unknown)]).toEqual([undefined, undefined]);
  expect(authority.calls.session).toBe(1);
});

it('ends with its expiry, also in the cache', async () => {
  withFakeTime();
  const short = begin(Date.now() + 2_000);
  expect(await principalOf(short)).toEqual({ id: '7' });
  authority.sessions.delete(sessionIdOf(short));
  passSeconds(2);
  expect(await principalOf(short)).toBeUndefined();
});

describe('a session that was ended elsewhere', () => {
  it('is refused at once', async () => {
    await principalOf(secret);
    await revocations.announce({ userId: 7, sessions: [sessionIdOf(secret)] });
    expect(await principalOf(secret)).toBeUndefined();
  });

  it('is refused when the answer that it is open arrives after its end', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const answer = authority.session.bind(authority);
    authority.session = async (input) => {
      const open = await answer(input);
      await promise;
      return open;
    };
    const asking = principalOf(secret);
    await revocations.announce({ userId: 7, sessions: [sessionIdOf(secret)] });
    resolve();
    expect(await asking).toBeUndefined();
    expect(await principalOf(secret)).toBeUndefined();
  });

  it('is checked again when broadcasts were lost', async () => {
    await principalOf(secret);
    authority.sessions.clear();
    broadcaster.announceLoss();
    expect(await principalOf(secret)).toBeUndefined();
  });

  it('by a change of credentials is refused', async () => {
    await principalOf(secret);
    await revocations.announce({ userId: 7, generation: 1 });
    authority.changes.push({ userId: 7, generation: 1, at: Date.now() });
    expect(await principalOf(secret)).toBeUndefined();
  });
});

describe('while its owner is away', () => {
  it('a session that was seen in the last five minutes goes on, no longer, and no other', async () => {
    withFakeTime();
    await principalOf(secret);
    authority.isAway = true;
    passSeconds(290);
    expect(await principalOf(secret)).toEqual({ id: '7' });
    await expect(principalOf(begin())).rejects.toMatchObject({ code: 'unavailable' });
    passSeconds(11);
    await expect(principalOf(secret)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
