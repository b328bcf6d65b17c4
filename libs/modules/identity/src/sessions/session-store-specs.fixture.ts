import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SessionStore, StoredSession } from './session-store.js';

export const lifetimes = { absolute: 30 * 86_400_000, idle: 7 * 86_400_000 };

export function newSession(userId: number, more: Partial<StoredSession> = {}): StoredSession {
  const id = randomBytes(32).toString('base64url');
  const now = Date.now();
  return { id, userId, generation: 0, userAgent: 'täst', createdAt: now, lastUsedAt: now, ...more };
}

/**
 * Specs of every store.
 * @param newUser returns the id of a user
 */
export function sessionStoreSpecs(
  name: string,
  store: () => SessionStore,
  newUser: () => Promise<number> | number,
): void {
  describe(`sessions in ${name}`, () => {
    it('are found by their id, and listed by their user', async () => {
      const [mine, theirs] = [await newUser(), await newUser()];
      const [one, other, third] = [newSession(mine), newSession(mine, { generation: 3 }), newSession(theirs)];
      for (const session of [one, other, third]) await store().add(session);
      expect(await store().find(one.id)).toEqual(one);
      expect(await store().find('unknown')).toBeUndefined();
      const ids = (await store().list(mine)).map(({ id }) => id);
      expect(ids.toSorted()).toEqual([one.id, other.id].toSorted());
      expect(await store().list(theirs)).toEqual([third]);
    });

    it('are removed, and stay so when they are used at the same time', async () => {
      const user = await newUser();
      const [one, other] = [newSession(user), newSession(user)];
      await store().add(one);
      await store().add(other);
      await store().remove(user, [one.id]);
      await store().touch(one, Date.now());
      await store().remove(user, []);
      expect(await store().find(one.id)).toBeUndefined();
      expect(await store().list(user)).toEqual([other]);
    });

    it('keep the time of their last use', async () => {
      const user = await newUser();
      const session = newSession(user, { lastUsedAt: Date.now() - 60_000 });
      await store().add(session);
      const now = Date.now();
      await store().touch(session, now);
      expect(await store().find(session.id)).toEqual({ ...session, lastUsedAt: now });
    });
  });
}
