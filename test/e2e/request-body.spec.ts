import { beforeAll, describe, expect, it } from 'vitest';
import {
  articlePath,
  newUser,
  publish,
  register,
  unique,
  type Person,
  type UserBody,
} from '../support/conduit.js';
import { sendRaw } from '../support/raw-http.js';
import { api, clientErrors } from './client.js';

const json = { 'content-type': 'application/json' };

describe('a request body', () => {
  let person: Person;
  let slug: string;

  beforeAll(async () => {
    person = await register(api);
    slug = (await publish(person)).slug;
  });

  /** Every operation that reads a body, and the key its body wraps things in. */
  const endpoints: [name: string, method: string, path: () => string, wrapper: string][] = [
    ['registration', 'POST', () => '/api/users', 'user'],
    ['login', 'POST', () => '/api/users/login', 'user'],
    ['an update of the user', 'PUT', () => '/api/user', 'user'],
    ['publication', 'POST', () => '/api/articles', 'article'],
    ['an update of an article', 'PUT', () => articlePath(slug), 'article'],
    ['a comment', 'POST', () => `${articlePath(slug)}/comments`, 'comment'],
  ];

  const send = (method: string, path: string, body: string | Buffer | Buffer[], headers = {}) =>
    sendRaw(api.baseUrl, {
      method,
      path,
      body,
      headers: { ...json, authorization: `Token ${person.token}`, ...headers },
    });

  describe.each(endpoints)('of %s', (_, method, path, wrapper) => {
    it.each([
      '{',
      '{"user":',
      '{"a":1,}',
      "{'a':1}",
      'undefined',
      '\u0000',
      '[1',
      '"',
      '{"user":{}}}',
      '<a/>',
    ])('that is not JSON is refused: %j', async (body) => {
      expect(await send(method, path(), body)).toBeRefused([400, 422]);
    });

    it.each(['[]', '[{}]', '"text"', '1', 'true', 'null'])(
      'that is no object is refused: %s',
      async (body) => {
        expect(await send(method, path(), body)).toBeRefused([400, 422]);
      },
    );

    it('without its wrapper is refused, by name', async () => {
      expect(await person.api.send(method, path(), { other: {} })).toBeRefusedFor(422, wrapper);
      expect(await person.api.send(method, path(), {})).toBeRefusedFor(422, wrapper);
    });

    it.each([[null], ['text'], [1], [[]], [true]])(
      'with a wrapper of a wrong type is refused: %j',
      async (value) => {
        expect(await person.api.send(method, path(), { [wrapper]: value })).toBeRefusedFor(422, wrapper);
      },
    );

    it('is needed', async () => {
      expect(await send(method, path(), '')).toBeRefused(clientErrors);
      expect(await person.api.send(method, path())).toBeRefused(clientErrors);
    });

    it.each([
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/xml',
      'x',
    ])('of the content type %s is refused', async (type) => {
      expect(await send(method, path(), '{}', { 'content-type': type })).toBeRefused([400, 415, 422]);
    });

    it('over a mebibyte is refused', async () => {
      const body = JSON.stringify({ [wrapper]: { body: 'x'.repeat(1024 * 1024) } });
      expect(await send(method, path(), body)).toBeRefused(413);
    });

    it('over a mebibyte is refused also when its length is not announced', async () => {
      const chunk = Buffer.alloc(128 * 1024, 'x');
      const chunks = [Buffer.from('{"a":"'), ...Array<Buffer>(9).fill(chunk), Buffer.from('"}')];
      expect(await send(method, path(), chunks)).toBeRefused(413);
    });

    it('cannot reach the prototype of anything', async () => {
      const tag = unique('polluted');
      for (const body of [
        `{"__proto__":{"${tag}":true},"${wrapper}":{"__proto__":{"${tag}":true}}}`,
        `{"constructor":{"prototype":{"${tag}":true}},"${wrapper}":{"constructor":{"prototype":{"${tag}":true}}}}`,
      ]) {
        expect(await send(method, path(), body)).toBeRefused([400, 422]);
      }
      expect(await person.api.get('/api/user')).toHaveStatus(200);
    });

    it('may be nested deeply without harm', async () => {
      const depth = 50_000;
      for (const [open, close] of [
        ['[', ']'],
        ['{"a":', '}'],
      ] as const) {
        const nested = `${open.repeat(depth)}1${close.repeat(depth)}`;
        expect(await send(method, path(), nested)).toBeRefused([400, 422]);
        expect(await send(method, path(), `{"${wrapper}":${nested}}`)).toBeRefused([400, 422]);
        expect(
          await send(method, path(), `{"${wrapper}":{"title":${nested},"username":${nested}}}`),
        ).toBeRefused([400, 422]);
      }
    });
  });

  it('may name its character set and come in chunks', async () => {
    const user = newUser();
    const bytes = Buffer.from(JSON.stringify({ user }));
    const reply = await sendRaw(api.baseUrl, {
      method: 'POST',
      path: '/api/users',
      headers: { 'content-type': 'Application/JSON; charset=UTF-8' },
      body: [bytes.subarray(0, 20), bytes.subarray(20)],
    });
    expect(reply).toHaveStatus(201);
    expect((reply.body as UserBody).user.username).toBe(user.username);
  });

  it('that is not UTF-8 is refused', async () => {
    const body = Buffer.concat([
      Buffer.from('{"user":{"bio":"'),
      Buffer.from([0xff, 0xc0, 0x80]),
      Buffer.from('"}}'),
    ]);
    expect(await send('PUT', '/api/user', body)).toBeRefused(400, { body: ['is not valid UTF-8'] });
  });

  it('that names a key twice does no harm', async () => {
    const reply = await send('PUT', '/api/user', '{"user":{"bio":"first","bio":"second"}}');
    expect(reply).toHaveStatus([200, 400, 422]);
  });
});
