import { afterEach, describe, expect, it } from 'vitest';
import { type TestHost, startTestHost } from '../fixtures/test-host.fixture.js';

let host: TestHost;
afterEach(() => host.app.close());

async function probe(path: string) {
  const response = await fetch(host.url + path);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('health', () => {
  it('is ready when every check passes', async () => {
    host = await startTestHost({}, { readiness: () => ({ database: async () => undefined }) });
    for (const path of ['/health', '/health/ready'])
      expect(await probe(path)).toMatchObject({
        status: 200,
        body: { status: 'ok', details: { database: { status: 'up' } } },
      });
  });

  it('is live but not ready while a check fails, and reveals no reason', async () => {
    let works = false;
    const check = async () => {
      if (!works) throw new Error('password of postgres is wrong');
    };
    host = await startTestHost({}, { readiness: () => ({ database: check, cache: async () => undefined }) });
    const { status, body } = await probe('/health/ready');
    expect({ status, body }).toMatchObject({
      status: 503,
      body: { status: 'error', details: { database: { status: 'down' }, cache: { status: 'up' } } },
    });
    expect(JSON.stringify(body)).not.toContain('password');
    expect(await probe('/health/live')).toEqual({ status: 200, body: { status: 'ok' } });
    works = true;
    expect((await probe('/health/ready')).status).toBe(200);
  });

  it('does not wait for a check that hangs', async () => {
    host = await startTestHost(
      {},
      { readiness: () => ({ database: () => new Promise<void>(() => undefined) }) },
    );
    expect((await probe('/health/ready')).status).toBe(503);
  });
});
