import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestHost, startTestHost } from '../fixtures/test-host.fixture.js';

let host: TestHost;
beforeAll(async () => {
  host = await startTestHost();
});
afterAll(() => host.app.close());

/** Sends a request. Returns its lines in the log, once the line of the request itself is there. */
async function lines(path: string, init: RequestInit = {}) {
  const requestId = `log-${crypto.randomUUID()}`;
  const headers = new Headers(init.headers);
  headers.set('x-request-id', requestId);
  await fetch(host.url + path, { ...init, headers });
  const ours = () => host.log.filter((line) => line.includes(requestId));
  await expect.poll(ours).toContainEqual(expect.stringContaining('"msg":"request"'));
  return ours();
}

describe('the log', () => {
  it('has one line for a request', async () => {
    const [line, ...rest] = await lines('/api/samples?limit=5');
    expect(rest).toEqual([]);
    expect(JSON.parse(line!)).toEqual({
      level: 30,
      time: expect.closeTo(Date.now(), -5),
      pid: process.pid,
      requestId: expect.stringMatching(/^log-/),
      method: 'GET',
      url: '/api/samples?limit=5',
      route: '/api/samples',
      module: 'samples',
      status: 200,
      duration: expect.any(Number),
      msg: 'request',
    });
  });

  it('has the id of an authenticated user', async () => {
    const [line] = await lines('/api/samples', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sample: { name: 'ball' } }),
    });
    expect(JSON.parse(line!)).toMatchObject({ status: 201, userId: '42' });
  });

  it('has the ids of the trace that a client continues', async () => {
    const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    const logged = await lines('/api/samples/log', { headers });
    expect(logged).toHaveLength(2);
    for (const line of logged)
      expect(JSON.parse(line)).toMatchObject({
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
      });
  });

  it('has the request id in messages of the code', async () => {
    const [line] = await lines('/api/samples/log');
    expect(JSON.parse(line!)).toMatchObject({ msg: 'sample line', context: 'Samples' });
  });

  it('has no passwords, tokens or cookies', async () => {
    const headers = {
      authorization: 'Token s3cret-token',
      cookie: 's3cret-cookie=1',
      'content-type': 'application/json',
    };
    const body = JSON.stringify({ sample: { name: 's3cret-body-is-too-long' } });
    const all = [
      ...(await lines('/api/samples/log', { headers })),
      ...(await lines('/api/samples', { method: 'POST', headers, body })),
      ...(await lines('/api/samples/bug', { method: 'GET', headers })),
      ...(await lines('/api/samples?token=s3cret-query&limit=5&ticket=s3cret-once&new_password=s3cret-too')),
    ].join('\n');
    expect(all).not.toMatch(/s3cret|hunter2|abc\.def|Token x/);
    expect(all).toContain('/api/samples?token=[redacted]&limit=5&ticket=[redacted]&new_password=[redacted]');
  });

  it('escapes the URL', async () => {
    const [line] = await lines('/api/samples/name/%22%5C%0A?a="\\');
    expect(JSON.parse(line!)).toMatchObject({ route: '/api/samples/name/:name', status: 200 });
  });

  it('has probes on level debug, and failed requests on level warn', async () => {
    expect(JSON.parse((await lines('/health/live'))[0]!)).toMatchObject({ level: 20, route: '/health/live' });
    expect(JSON.parse((await lines('/api/samples/bug')).at(-1)!)).toMatchObject({ level: 40, status: 500 });
  });
});
