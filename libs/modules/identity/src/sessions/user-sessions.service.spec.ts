import { Revocations, sessionIdOf } from '@tearline/auth';
import { afterEach, expect, it, vi } from 'vitest';
import type { IdentitySettings } from '../identity.settings.js';
import { MemorySessionStore } from './memory-session-store.js';
import { UserSessions } from './user-sessions.service.js';

afterEach(() => {
  vi.useRealTimers();
});

const settings = { SESSION_TTL_DAYS: 2, SESSION_IDLE_MINUTES: 60, SESSIONS_PER_USER: 3 } as IdentitySettings;
const MINUTE = 60_000;

function open() {
  vi.useFakeTimers({ toFake: ['Date'] });
  const store = new MemorySessionStore();
  return { store, sessions: new UserSessions(store, settings, new Revocations()) };
}

it('ends a session after its idle time, which a use begins anew', async () => {
  const { sessions } = open();
  const { session } = await sessions.begin(7, 0, 'test');
  for (const minutes of [59, 59, 59]) {
    vi.setSystemTime(Date.now() + minutes * MINUTE);
    expect(await sessions.find(session.id)).toMatchObject({ userId: 7, expiresAt: Date.now() + 60 * MINUTE });
  }
  vi.setSystemTime(Date.now() + 60 * MINUTE);
  expect(await sessions.find(session.id)).toBeUndefined();
  expect(await sessions.list(7)).toEqual([]);
  await expect(sessions.findOwn(7, session.id)).rejects.toMatchObject({ code: 'session/not-found' });
});

it('ends a session in any case after its time to live', async () => {
  const { sessions } = open();
  const { session } = await sessions.begin(7, 0, 'test');
  for (let half = 1; half < 2 * 48; half += 1) {
    vi.setSystemTime(Date.now() + 30 * MINUTE);
    expect(await sessions.find(session.id)).toBeDefined();
  }
  vi.setSystemTime(Date.now() + 30 * MINUTE);
  expect(await sessions.find(session.id)).toBeUndefined();
});

it('stores the digest of the secret, and nowhere the secret', async () => {
  const { sessions, store } = open();
  const { secret, session } = await sessions.begin(7, 0, 'x'.repeat(1_000));
  expect(session.id).toBe(sessionIdOf(secret));
  const stored = await store.find(session.id);
  expect(JSON.stringify(stored)).not.toContain(secret);
  expect(stored?.userAgent).toHaveLength(256);
});

it('ends the oldest sessions of a user who has too many', async () => {
  const { sessions } = open();
  const ids: string[] = [];
  for (let each = 0; each < 5; each += 1) {
    ids.push((await sessions.begin(7, 0, 'test')).session.id);
    vi.setSystemTime(Date.now() + 1_000);
  }
  await sessions.begin(8, 0, 'test');
  expect((await sessions.list(7)).map(({ id }) => id)).toEqual(ids.slice(2).toReversed());
});

it('removes the sessions of earlier credentials', async () => {
  const { sessions } = open();
  await sessions.begin(7, 0, 'old');
  const { session } = await sessions.begin(7, 1, 'new');
  await sessions.removeEnded(7, 1);
  expect(await sessions.list(7)).toEqual([session]);
});
