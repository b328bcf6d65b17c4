import { beforeAll, describe, expect, it } from 'vitest';
import { Api, type Reply } from '../support/api-client.js';
import { Browser, type SessionBody } from '../support/browser.js';
import {
  articlePath,
  comment,
  newArticle,
  type Person,
  profilePath,
  publish,
  register,
  type UserBody,
} from '../support/conduit.js';
import { api } from './client.js';

interface SessionsBody {
  sessions: SessionBody['session'][];
}

/** Revocations reach other hosts soon, not in the same moment. */
const SOON = { timeout: 30_000, interval: 20 };
const INVALID = { session: ['is invalid'] };

async function loggedIn(person: Person, userAgent?: string): Promise<Browser> {
  const browser = new Browser(api, userAgent);
  expect(await browser.logIn(person)).toHaveStatus(201);
  return browser;
}

const sessionsOf = async (browser: Browser) => {
  const reply = await browser.get<SessionsBody>('/api/sessions');
  expect(reply).toHaveStatus(200);
  return reply.body.sessions;
};

type Send = (method: string, path: string) => Promise<Reply>;

/** Requests of users to each module, most of them for what does not exist. */
const PROBES = [
  ['GET', '/api/user'],
  ['GET', '/api/sessions'],
  ['GET', '/api/articles/feed'],
  ['GET', '/api/notifications'],
  ['POST', `${profilePath('no such user')}/follow`],
  ['DELETE', `${articlePath('no-such-article')}/comments/1`],
  ['DELETE', '/api/media/1'],
] as const;

async function expectAccepted(send: Send): Promise<void> {
  for (const [method, path] of PROBES) expect(await send(method, path)).toHaveStatus([200, 404]);
}

async function untilRefused(send: Send): Promise<void> {
  for (const [method, path] of PROBES) {
    await expect.poll(async () => (await send(method, path)).status, SOON).toBe(401);
    expect(await send(method, path)).toHaveStatus(401);
  }
}

const withCookie =
  (cookie = ''): Send =>
  (method, path) =>
    api.send(method, path, undefined, { cookie });

const by =
  (client: Api | Browser): Send =>
  (method, path) =>
    client.send(method, path);

describe('a login with a cookie', () => {
  it('sets a cookie that pages cannot read and other sites cannot send', async () => {
    const person = await register(api);
    const browser = new Browser(api);
    const reply = await browser.logIn(person);
    expect(reply).toHaveStatus(201);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(reply.headers.get('x-csrf-token')).toBe(reply.body.csrfToken);
    const [pair, ...attributes] = browser.setCookie!.split('; ');
    expect(pair).toMatch(/^(__Host-)?session=[\w-]{43}$/);
    expect(attributes).toEqual(expect.arrayContaining(['HttpOnly', 'Path=/', 'SameSite=Lax']));
    expect(attributes).toContainEqual(expect.stringMatching(/^Max-Age=\d+$/));
    expect(attributes.join()).not.toMatch(/domain/i);
    expect(pair!.startsWith('__Host-')).toBe(attributes.includes('Secure'));
    expect(reply.text).not.toContain(pair!.split('=')[1]);
    expect(reply.body).toEqual({
      session: {
        id: expect.stringMatching(/^[\w-]{43}$/) as string,
        userAgent: 'browser of a test',
        createdAt: expect.any(String) as string,
        lastUsedAt: expect.any(String) as string,
        expiresAt: expect.any(String) as string,
        current: true,
      },
      csrfToken: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
  });

  it('needs the right password, and a valid body', async () => {
    const person = await register(api);
    const browser = new Browser(api);
    const wrong = await browser.logIn({ ...person, password: 'wrong password' });
    expect(wrong).toBeRefused(401, { credentials: ['invalid'] });
    expect(browser.cookie).toBeUndefined();
    expect(await browser.send('POST', '/api/sessions', { user: {} })).toBeRefusedFor(422, 'password');
    expect(await browser.send('POST', '/api/sessions', { user: 'x'.repeat(2_000_000) })).toBeRefusedFor(
      413,
      'body',
    );
  });

  it('counts failures together with logins for a token', async () => {
    const person = await register(api);
    const wrong = { email: person.email, password: 'wrong password' };
    const browser = new Browser(api);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1)
      statuses.push(
        attempt % 2 === 0
          ? (await browser.logIn(wrong)).status
          : (await api.post('/api/users/login', { user: wrong })).status,
      );
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(statuses.slice(10)).toEqual([429, 429]);
  });
});

describe('a session', () => {
  let person: Person;
  let browser: Browser;
  let slug: string;
  beforeAll(async () => {
    person = await register(api);
    browser = await loggedIn(person);
    slug = (await publish(person)).slug;
  });

  it.each<[string, () => string]>([
    ['the account', () => '/api/user'],
    ['the feed', () => '/api/articles/feed'],
    ['a profile', () => profilePath(person.username)],
    ['an article', () => articlePath(slug)],
    ['the comments of an article', () => `${articlePath(slug)}/comments`],
    ['notifications', () => '/api/notifications'],
  ])('reads %s', async (_, path) => {
    expect(await browser.get(path())).toHaveStatus(200);
  });

  it('writes on every host', async () => {
    const other = await register(api);
    const article = await browser.send('POST', '/api/articles', { article: newArticle() });
    expect(article).toHaveStatus(201);
    for (const [method, path, body] of [
      ['PUT', '/api/user', { user: { bio: 'with a session' } }],
      ['POST', `${profilePath(other.username)}/follow`, undefined],
      ['DELETE', `${profilePath(other.username)}/follow`, undefined],
      ['POST', `${articlePath(slug)}/favorite`, undefined],
      ['POST', '/api/notifications/read', { all: true }],
    ] as const)
      expect(await browser.send(method, path, body)).toHaveStatus(200);
    const said = await browser.send('POST', `${articlePath(slug)}/comments`, { comment: { body: 'So.' } });
    expect(said).toHaveStatus([200, 201]);
  });

  it('sees with the eyes of its user, where others may look, too', async () => {
    const reply = await browser.get<{ article: { favorited: boolean } }>(articlePath(slug));
    const anonymous = await api.get<{ article: { favorited: boolean } }>(articlePath(slug));
    await browser.send('POST', `${articlePath(slug)}/favorite`);
    expect(anonymous.body.article.favorited).toBe(false);
    await expect
      .poll(async () => (await browser.get<typeof reply.body>(articlePath(slug))).body.article.favorited)
      .toBe(true);
    const again = await api.get<typeof reply.body>(articlePath(slug));
    expect(again.body.article.favorited).toBe(false);
  });

  it('gives its pages no token', async () => {
    const reply = await browser.get<UserBody>('/api/user');
    expect(reply.body.user).toMatchObject({ username: person.username, token: '' });
  });

  it('yields to a token', async () => {
    const other = await register(api);
    const reply = await browser.get<UserBody>('/api/user', { authorization: `Token ${other.token}` });
    expect(reply.body.user.username).toBe(other.username);
    expect(await browser.get('/api/user', { authorization: 'Token garbage' })).toBeRefused(401, {
      token: ['is invalid'],
    });
  });

  it('is read with its CSRF token, and not with a token', async () => {
    const reply = await browser.get<SessionBody>('/api/sessions/current');
    expect(reply).toHaveStatus(200);
    expect(reply.body.csrfToken).toBe(browser.csrfToken);
    expect(await person.api.get('/api/sessions/current')).toBeRefused(404, { session: ['not found'] });
    expect(await person.api.del('/api/sessions/current')).toBeRefused(404, { session: ['not found'] });
  });
});

describe('the end of a session', () => {
  it('is a logout: the cookie goes, and its replay is refused on every host', async () => {
    const browser = await loggedIn(await register(api));
    const { cookie } = browser;
    await expectAccepted(by(browser));
    expect(await browser.send('DELETE', '/api/sessions/current')).toHaveStatus(204);
    expect(browser.setCookie).toContain('Max-Age=0');
    expect(browser.cookie).toBeUndefined();
    await untilRefused(withCookie(cookie));
    expect(await api.get('/api/user', { cookie: cookie! })).toBeRefused(401, INVALID);
    // Where anyone may look, a cookie that a page cannot remove does not stand in the way.
    expect(await api.get('/api/articles', { cookie: cookie! })).toHaveStatus(200);
  });

  it('may be another one of the same user, by its id', async () => {
    const person = await register(api);
    const [one, other] = [await loggedIn(person, 'one'), await loggedIn(person, 'other')];
    const listed = await sessionsOf(one);
    expect(listed.map(({ userAgent, current }) => [userAgent, current])).toEqual([
      ['other', false],
      ['one', true],
    ]);
    const { id } = listed.find(({ current }) => !current)!;
    await expectAccepted(by(other));
    expect(await one.send('DELETE', `/api/sessions/${id}`)).toHaveStatus(204);
    await untilRefused(by(other));
    expect(await sessionsOf(one)).toMatchObject([{ userAgent: 'one' }]);
    expect(await one.send('DELETE', `/api/sessions/${id}`)).toBeRefused(404, { session: ['not found'] });
  });

  it('is not in the power of another user', async () => {
    const mine = await loggedIn(await register(api));
    const theirs = await loggedIn(await register(api));
    const [{ id } = { id: '' }] = await sessionsOf(mine);
    expect(await theirs.send('DELETE', `/api/sessions/${id}`)).toBeRefused(404, { session: ['not found'] });
    expect(await mine.get('/api/user')).toHaveStatus(200);
    expect(await sessionsOf(theirs)).toHaveLength(1);
  });

  it('comes to the oldest when there are too many', async () => {
    const person = await register(api);
    const first = await loggedIn(person);
    let last = first;
    for (let more = 0; more < 20; more += 1) last = await loggedIn(person);
    expect(await sessionsOf(last)).toHaveLength(20);
    await expect.poll(async () => (await first.get('/api/user')).status, SOON).toBe(401);
  });
});

describe('a change of the password', () => {
  const password = 'another password';

  it('with a token revokes older tokens and all sessions on every host, and gives a new token', async () => {
    const person = await register(api);
    const login = { user: { email: person.email, password: person.password } };
    const second = await api.post<UserBody>('/api/users/login', login);
    const browser = await loggedIn(person);
    const old = [person.api, api.as(second.body.user.token)];
    for (const each of [...old, browser]) await expectAccepted(by(each));
    const reply = await person.api.put<UserBody>('/api/user', { user: { password } });
    expect(reply).toHaveStatus(200);
    // Issued within the same second as those that it replaces.
    const renewed = api.as(reply.body.user.token);
    await expectAccepted(by(renewed));
    for (const each of old) {
      await untilRefused(by(each));
      expect(await each.get('/api/user')).toBeRefused(401, { token: ['is invalid'] });
    }
    await untilRefused(by(browser));
    const again = await api.post<UserBody>('/api/users/login', { user: { ...login.user, password } });
    for (const each of [renewed, api.as(again.body.user.token)]) await expectAccepted(by(each));
  });

  it('with a session revokes tokens and other sessions, and gives the cookie a new secret', async () => {
    const person = await register(api);
    const [browser, other] = [await loggedIn(person), await loggedIn(person)];
    const before = browser.cookie!;
    const reply = await browser.send<UserBody>('PUT', '/api/user', { user: { password } });
    expect(reply).toHaveStatus(200);
    expect(reply.body.user.token).toBe('');
    expect(browser.cookie).not.toBe(before);
    await expectAccepted(by(browser));
    await untilRefused(by(person.api));
    await untilRefused(by(other));
    await untilRefused(withCookie(before));
    expect(await sessionsOf(browser)).toHaveLength(1);
    const { csrfToken } = (await browser.get<SessionBody>('/api/sessions/current')).body;
    expect(browser.csrfToken).toBe(csrfToken);
    expect(await browser.send('PUT', '/api/user', { user: { bio: 'still here' } })).toHaveStatus(200);
  });

  it('of other fields revokes nothing', async () => {
    const person = await register(api);
    const reply = await person.api.put<UserBody>('/api/user', { user: { bio: 'changed' } });
    expect(reply.body.user.token).toBe(person.token);
    expect(await person.api.get('/api/user')).toHaveStatus(200);
  });
});

describe('a logout everywhere', () => {
  it.each(['a token', 'a session'])('with %s revokes all tokens and sessions', async (means) => {
    const person = await register(api);
    const browser = await loggedIn(person);
    const { cookie = '' } = browser;
    await expectAccepted(by(browser));
    const reply =
      means === 'a token'
        ? await person.api.del('/api/sessions')
        : await browser.send('DELETE', '/api/sessions');
    expect(reply).toHaveStatus(204);
    await untilRefused(by(person.api));
    await untilRefused(withCookie(cookie));
    const again = await api.post<UserBody>('/api/users/login', {
      user: { email: person.email, password: person.password },
    });
    await expectAccepted(by(api.as(again.body.user.token)));
    expect(await (await loggedIn(person)).get('/api/user')).toHaveStatus(200);
  });
});

describe('an attack on cookies', () => {
  // The description of the API does not know the refusals.
  const plain = new Api(api.baseUrl);
  let person: Person;
  let browser: Browser;
  beforeAll(async () => {
    person = await register(api);
    browser = new Browser(plain);
    await browser.logIn(person);
  });

  it('by fixation finds a secret of its own after the login', async () => {
    const victim = new Browser(plain);
    for (const planted of ['A'.repeat(43), browser.cookie!.split('=')[1]!]) {
      const name = browser.cookie!.split('=')[0]!;
      const other = await register(api);
      victim.cookie = `${name}=${planted}`;
      expect(await victim.logIn(other)).toHaveStatus(201);
      expect(victim.cookie).not.toContain(planted);
      // What the attacker knows opens nothing.
      const replayed = await plain.get<UserBody>('/api/user', { cookie: `${name}=${planted}` });
      expect(replayed).toHaveStatus(401);
    }
    await browser.logIn(person);
  });

  it('by a form or a script of another site is refused on every host', async () => {
    const { slug } = await publish(person);
    const { id } = await comment(person, slug);
    const writes: [string, string, unknown][] = [
      ['PUT', '/api/user', { user: { bio: 'owned' } }],
      ['POST', '/api/articles', { article: newArticle() }],
      ['PUT', articlePath(slug), { article: { body: 'owned' } }],
      ['DELETE', `${articlePath(slug)}/comments/${id}`, undefined],
      ['DELETE', articlePath(slug), undefined],
      ['POST', `${profilePath(person.username)}/follow`, undefined],
      ['POST', '/api/notifications/read', { all: true }],
      ['POST', '/api/media', undefined],
      ['DELETE', '/api/sessions', undefined],
      ['DELETE', '/api/sessions/current', undefined],
    ];
    const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    for (const [method, path, body] of writes) {
      const send = (headers: Record<string, string>) => browser.send(method, path, body, headers);
      expect(await send(elsewhere)).toBeRefused(403, { origin: ['forbidden'] });
      expect(await send({ ...elsewhere, 'sec-fetch-site': 'same-site' })).toBeRefused(403, {
        origin: ['forbidden'],
      });
      // An old browser says no more than this.
      expect(await send({ ...elsewhere, 'sec-fetch-site': '' })).toBeRefused(403, { origin: ['forbidden'] });
      expect(await send({ 'sec-fetch-site': '', origin: 'null' })).toBeRefused(403, {
        origin: ['forbidden'],
      });
      // Or nothing at all.
      for (const token of ['', 'A'.repeat(43)])
        expect(await send({ 'sec-fetch-site': '', origin: '', 'x-csrf-token': token })).toBeRefused(403, {
          'csrf-token': ['forbidden'],
        });
    }
    expect(await browser.get(articlePath(slug))).toHaveStatus(200);
    expect(await browser.get('/api/user')).toHaveStatus(200);
  });

  it('by the CSRF token of another session is refused', async () => {
    const other = new Browser(plain);
    await other.logIn(await register(api));
    const headers = { 'x-csrf-token': other.csrfToken! };
    expect(await browser.send('PUT', '/api/user', { user: { bio: 'owned' } }, headers)).toBeRefused(403, {
      'csrf-token': ['forbidden'],
    });
  });

  it('by a login that another site causes is refused', async () => {
    const { email, password } = person;
    for (const headers of [
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example', 'sec-fetch-site': '' },
      { origin: 'null', 'sec-fetch-site': '' },
    ])
      expect(
        await new Browser(plain).send('POST', '/api/sessions', { user: { email, password } }, headers),
      ).toBeRefused(403, { origin: ['forbidden'] });
    // A form can send this type without a preflight.
    expect(
      await plain.send(
        'POST',
        '/api/sessions',
        { user: { email, password } },
        { 'content-type': 'text/plain' },
      ),
    ).toHaveStatus(415);
  });

  it('by a page of another origin reads nothing', async () => {
    const reply = await browser.get('/api/user', {
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
    });
    expect(reply.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it.each(['', 'x', 'A'.repeat(43), '%00', '../../etc/passwd', '"quoted"'])(
    'by guessing `%s` opens nothing',
    async (guess) => {
      const name = browser.cookie!.split('=')[0]!;
      expect(await plain.get('/api/user', { cookie: `${name}=${guess}` })).toHaveStatus(401);
    },
  );

  it('with the id of a session, which its user may see, opens nothing', async () => {
    const name = browser.cookie!.split('=')[0]!;
    const { body } = await browser.get<SessionBody>('/api/sessions/current');
    expect(await plain.get('/api/user', { cookie: `${name}=${body.session.id}` })).toHaveStatus(401);
    expect(await plain.get('/api/user', { cookie: `${name}=${body.csrfToken}` })).toHaveStatus(401);
  });
});
