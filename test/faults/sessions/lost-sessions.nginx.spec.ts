import { describe, expect, it } from 'vitest';
import { loseSessions } from './lost-sessions.js';

describe.concurrent('when one of two processes is killed, of 20 sessions', { timeout: 180_000 }, () => {
  it.each([
    ['memory', 10],
    ['postgres', 0],
  ])('in %s %i are lost', async (store, lost) => {
    expect(await loseSessions(20, { SESSIONS: store })).toMatchObject({ sessions: 20, lost });
  });
});
