import { describe, expect, inject, it } from 'vitest';
import { Api } from '../support/api-client.js';
import { articlePath, comment, publish, register, unique } from '../support/conduit.js';
import { sendRaw } from '../support/raw-http.js';
import { api } from './client.js';
import { description } from './conformance.js';

/** Returns the metrics of every process; the public address does not serve them. */
async function metrics(): Promise<string> {
  const replies = await Promise.all(inject('metricsUrls').map((url) => new Api(url).get('')));
  for (const reply of replies) {
    expect(reply).toHaveStatus(200);
    expect(reply.headers.get('content-type')).toContain('text/plain');
  }
  return replies.map(({ text }) => text).join('');
}

describe('health', () => {
  it.each(['/health/live', '/health/ready'])('%s says yes', async (path) => {
    expect(await api.get(path)).toHaveStatus(200);
  });
});

describe('the metrics', () => {
  it('count requests', async () => {
    await api.get('/api/tags');
    expect(await metrics()).toMatch(/^http_requests\w*\{[^}]+\} \d/m);
  });

  it('count and time the calls over each seam', async () => {
    const author = await register(api);
    await comment(author, (await publish(author)).slug);
    const text = await metrics();
    for (const label of ['contract', 'method', 'placement', 'outcome']) {
      expect(text).toMatch(new RegExp(`^seam_calls_total\\{[^}]*\\b${label}="[^"]+"`, 'm'));
    }
    expect(text).toMatch(/^seam_call_duration_seconds_bucket\{[^}]*contract="articles"/m);
  });

  it.each([
    ['the lag of the event loop', /^\w*event_?loop_?lag\w*(\{[^}]*\})? [\d.e+-]+$/m],
    ['the heap', /^\w*heap\w*bytes(\{[^}]*\})? [\d.e+-]+$/m],
    ['the connection pools', /^\w*pool\w*\{[^}]+\} \d+$/m],
  ])('include %s', async (_, pattern) => {
    expect(await metrics()).toMatch(pattern);
  });

  it('do not grow with what clients make up', async () => {
    const madeUp = unique('madeup');
    const { slug } = await publish(await register(api));
    await api.get(articlePath(slug));
    await api.get(`/api/articles?tag=${madeUp}`);
    await api.get(`/${madeUp}`);
    await api.get(`/api/profiles/${madeUp}`);
    const text = await metrics();
    expect(text).not.toContain(madeUp);
    expect(text).not.toContain(slug);
  });
});

describe('the pages', () => {
  it('/ shows where to go', async () => {
    const reply = await api.get('/');
    expect(reply).toHaveStatus(200);
    expect(reply.headers.get('content-type')).toContain('text/html');
    for (const target of ['/docs', '/health']) {
      expect(reply.text).toContain(`href="${target}"`);
    }
  });

  it('/docs shows the API', async () => {
    const reply = await sendRaw(api.baseUrl, { method: 'GET', path: '/docs' });
    expect(reply).toHaveStatus(200);
    expect(reply.headers.get('content-type')).toContain('text/html');
  });

  it('/docs-json describes every operation of RealWorld', async () => {
    const reply = await api.get<typeof description>('/docs-json');
    expect(reply).toHaveStatus(200);
    const operations = ({ paths }: typeof description, prefix = '') =>
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${prefix}${path}`),
      );
    expect(operations(reply.body)).toEqual(expect.arrayContaining(operations(description, '/api')));
  });
});

describe('the request id', () => {
  const idOf = async (headers: Record<string, string> = {}) => {
    const reply = await sendRaw(api.baseUrl, { method: 'GET', path: '/api/tags', headers });
    expect(reply).toHaveStatus(200);
    return reply.headers.get('x-request-id');
  };

  it('is new with each request', async () => {
    const [one, other] = [await idOf(), await idOf()];
    expect(one).toMatch(/^[\w-]{8,}$/);
    expect(other).not.toBe(one);
  });

  it('comes with a refusal too', async () => {
    const reply = await api.get('/api/nowhere');
    expect(reply).toBeRefused(404);
    expect(reply.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/);
  });

  it('is the caller’s when that is a sane one', async () => {
    const id = unique('request-');
    expect(await idOf({ 'x-request-id': id })).toBe(id);
  });

  it.each([
    ['a'.repeat(5000)],
    ['<script>alert(1)</script>'],
    ['two words'],
    ['"quoted"'],
    ['{"a":1}'],
    ['\u00e9'],
  ])('is not the caller’s when that is hostile: %j', async (id) => {
    expect(await idOf({ 'x-request-id': id })).toMatch(/^[\w-]{8,200}$/);
  });
});
