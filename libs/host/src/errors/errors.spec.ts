import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestHost, startTestHost } from '../fixtures/test-host.fixture.js';

let host: TestHost;
beforeAll(async () => {
  host = await startTestHost();
});
afterAll(() => host.app.close());

const JSON_TYPE = { 'content-type': 'application/json' };

async function errorOf(path: string, init?: RequestInit) {
  const response = await fetch(host.url + path, init);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const { errors } = (await response.json()) as { errors: object };
  return { status: response.status, errors };
}
const post = (path: string, body: string, headers: Record<string, string> = JSON_TYPE) =>
  errorOf(path, { method: 'POST', headers, body });

describe('errors of services', () => {
  it.each([
    ['sample/not-found', 404, { sample: ['not found'] }],
    ['sample/taken', 409, { sample: ['has already been taken'] }],
    ['login/too-many', 429, { login: ['too many attempts, try again in 8 seconds'] }],
    ['unavailable', 503, { server: ['unavailable'] }],
    ['deadline-exceeded', 504, { server: ['deadline exceeded'] }],
    ['invalid-input', 422, { server: ['invalid input'] }],
    ['sample/undeclared', 500, { server: ['internal error'] }],
    ['bug', 500, { server: ['internal error'] }],
  ])('%s gives status %i', async (code, status, errors) => {
    expect(await errorOf(`/api/samples/fail/${encodeURIComponent(code)}`)).toEqual({ status, errors });
  });

  it('give the time of a retry', async () => {
    const response = await fetch(`${host.url}/api/samples/fail/${encodeURIComponent('login/too-many')}`);
    expect(response.headers.get('retry-after')).toBe('8');
  });
});

describe('unexpected errors', () => {
  it.each(['/api/samples/bug', '/api/samples/fail/bug'])(
    '%s reveals nothing, and is logged once',
    async (path) => {
      const requestId = `bug-${path.length}`;
      const answer = await errorOf(path, { headers: { 'x-request-id': requestId } });
      expect(answer).toEqual({ status: 500, errors: { server: ['internal error'] } });
      const lines = host.logged('unexpected error').filter((line) => line['requestId'] === requestId);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({
        level: 50,
        err: { message: 'the sample module failed', stack: /sample-module/ },
      });
    },
  );

  it('include results that JSON cannot represent', async () => {
    expect(await errorOf('/api/samples/unserializable')).toEqual({
      status: 500,
      errors: { server: ['internal error'] },
    });
  });
});

describe('validation', () => {
  it('names every invalid field', async () => {
    expect(
      await post('/api/samples', JSON.stringify({ sample: { name: ' ', note: 7, tags: [1, 2] } })),
    ).toEqual({
      status: 422,
      errors: { name: ["can't be blank"], note: ['must be a string'], tags: ['must be a string'] },
    });
  });

  it.each([
    ['{}', { sample: ["can't be blank"] }],
    ['{"sample":null}', { sample: ["can't be blank"] }],
    ['{"sample":[]}', { sample: ['must be an object'] }],
    ['null', { body: ["can't be blank"] }],
    ['"text"', { body: ['must be an object'] }],
    ['', { body: ["can't be blank"] }],
  ])('names the body or its only key: %s', async (body, errors) => {
    expect(await post('/api/samples', body)).toEqual({ status: 422, errors });
  });

  it('names a path parameter', async () => {
    expect(await errorOf('/api/samples/id/9007199254740993')).toEqual({
      status: 422,
      errors: { id: ['is invalid'] },
    });
  });

  it('accepts a long percent-encoded path parameter', async () => {
    const name = '가나다라마'.repeat(50);
    const response = await fetch(`${host.url}/api/samples/name/${encodeURIComponent(name)}`);
    expect(await response.json()).toEqual({ name });
  });

  it('rejects query parameters that are repeated, or not numbers', async () => {
    expect(await errorOf('/api/samples?limit=5&limit=6&offset=abc')).toEqual({
      status: 422,
      errors: { limit: ['must be given once'], offset: ['must be a whole number'] },
    });
  });
});
