import { describe, expect, it } from 'vitest';
import { unique } from '../support/conduit.js';
import { sendRaw } from '../support/raw-http.js';
import { api } from './client.js';

const answers: [name: string, path: string][] = [
  ['a success', '/api/tags'],
  ['a refusal', '/api/user'],
  ['an unknown path', '/api/nowhere'],
];

function listed(value: string | null): string[] {
  return (value ?? '').toLowerCase().split(/\s*,\s*/);
}

describe('a frontend on another origin', () => {
  const origin = `https://${unique('frontend')}.example`;

  it.each([
    ['GET', '/api/articles'],
    ['POST', '/api/users/login'],
    ['PUT', '/api/user'],
    ['DELETE', '/api/articles/some-article/favorite'],
    ['POST', '/api/profiles/jake/follow'],
  ])('may send %s %s with a token and JSON', async (method, path) => {
    const reply = await sendRaw(api.baseUrl, {
      method: 'OPTIONS',
      path,
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(reply).toHaveStatus([200, 204]);
    expect(['*', origin]).toContain(reply.headers.get('access-control-allow-origin'));
    expect(listed(reply.headers.get('access-control-allow-methods'))).toContain(method.toLowerCase());
    const allowed = listed(reply.headers.get('access-control-allow-headers'));
    expect(allowed).toContain('authorization');
    expect(allowed).toContain('content-type');
  });

  it.each(answers)('may read %s', async (_, path) => {
    const reply = await api.get(path, { origin });
    expect(['*', origin]).toContain(reply.headers.get('access-control-allow-origin'));
  });

  it('allows no cookies from any origin', async () => {
    const reply = await api.get('/api/tags', { origin });
    expect(reply.headers.get('access-control-allow-credentials')).toBeNull();
  });
});

describe('the security headers', () => {
  it.each(answers)('come with %s', async (_, path) => {
    const { headers } = await api.get(path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

describe('the content type', () => {
  it.each(answers)('of %s is JSON in UTF-8', async (_, path) => {
    const { headers } = await api.get(path);
    expect(headers.get('content-type')?.toLowerCase().replace(' ', '')).toBe(
      'application/json;charset=utf-8',
    );
  });
});
