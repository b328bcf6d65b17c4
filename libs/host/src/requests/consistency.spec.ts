import type { CallContext, SessionStore } from '@tearline/seam';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '../fixtures/test-host.fixture.js';

/** Sessions whose tokens are `<module>=<position>`, unencrypted. */
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

async function requiredBy(headers: Record<string, string>): Promise<unknown> {
  return (await fetch(`${host.url}/api/samples/needs`, { headers })).json();
}

describe('a request', () => {
  it('requires no position by default, and gets no token without a write', async () => {
    const answer = await fetch(`${host.url}/api/samples/needs`);
    expect(await answer.json()).toEqual({ seen: {} });
    expect(answer.headers.get('consistency-token')).toBeNull();
  });

  it('may choose its consistency level', async () => {
    expect(await requiredBy({ consistency: 'strong' })).toEqual({ level: 'strong', seen: {} });
    expect((await fetch(`${host.url}/api/samples/needs`, { headers: { consistency: 'exact' } })).status).toBe(
      422,
    );
  });

  it('that writes gets a token, which makes the next one require the write', async () => {
    const { headers } = await fetch(`${host.url}/api/samples/written/c.2`, {
      method: 'POST',
      headers: { 'consistency-token': 'shop=c.1' },
    });
    const token = headers.get('consistency-token')!;
    expect(await requiredBy({ 'consistency-token': token.split(',').join(' , ') })).toEqual({
      seen: { shop: 'c.1', samples: 'c.2' },
    });
  });

  it('with an unreadable token requires all writes, unless its level is eventual', async () => {
    expect(await requiredBy({ 'consistency-token': 'samples=c.1, nonsense' })).toEqual({
      level: 'strong',
      seen: { samples: 'c.1' },
    });
    expect(await requiredBy({ 'consistency-token': 'x'.repeat(4097) })).toMatchObject({ level: 'strong' });
    expect(await requiredBy({ 'consistency-token': 'x', consistency: 'eventual' })).toMatchObject({
      level: 'eventual',
    });
  });
});
