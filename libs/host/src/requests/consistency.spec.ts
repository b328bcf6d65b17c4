import type { CallContext, SessionStore } from '@tearline/seam';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '../fixtures/test-host.fixture.js';

/** A token that says `<module>=<position>`, in clear. */
const sessions: SessionStore = {
  readToken: (token) => (token.includes('=') ? new Map([token.split('=') as [string, string]]) : undefined),
  save: async ({ consistency }: CallContext) =>
    [...consistency.required].map(([module, position]) => `${module}=${position}`).join(),
  load: async () => true,
};

let host: TestHost;
beforeEach(async () => {
  host = await startTestHost({}, { sessions });
});
afterEach(() => host.app.close());

async function needsOf(headers: Record<string, string>): Promise<unknown> {
  return (await fetch(`${host.url}/api/samples/needs`, { headers })).json();
}

describe('a request', () => {
  it('needs nothing in particular by default, and gets no token when it writes nothing', async () => {
    const answer = await fetch(`${host.url}/api/samples/needs`);
    expect(await answer.json()).toEqual({ seen: {} });
    expect(answer.headers.get('consistency-token')).toBeNull();
  });

  it('may choose what it needs', async () => {
    expect(await needsOf({ consistency: 'strong' })).toEqual({ level: 'strong', seen: {} });
    expect((await fetch(`${host.url}/api/samples/needs`, { headers: { consistency: 'exact' } })).status).toBe(
      422,
    );
  });

  it('that writes gets a token, with which the next one needs what was written', async () => {
    const { headers } = await fetch(`${host.url}/api/samples/written/c.2`, {
      method: 'POST',
      headers: { 'consistency-token': 'shop=c.1' },
    });
    const token = headers.get('consistency-token')!;
    expect(await needsOf({ 'consistency-token': token.split(',').join(' , ') })).toEqual({
      seen: { shop: 'c.1', samples: 'c.2' },
    });
  });

  it('with an unreadable token requires all writes, unless it asked for less', async () => {
    expect(await needsOf({ 'consistency-token': 'samples=c.1, nonsense' })).toEqual({
      level: 'strong',
      seen: { samples: 'c.1' },
    });
    expect(await needsOf({ 'consistency-token': 'x'.repeat(4097) })).toMatchObject({ level: 'strong' });
    expect(await needsOf({ 'consistency-token': 'x', consistency: 'eventual' })).toMatchObject({
      level: 'eventual',
    });
  });
});
