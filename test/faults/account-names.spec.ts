import { randomInt } from 'node:crypto';
import { canonicalForm } from '@tearline/modules/identity/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api } from '../support/api-client.js';
import {
  type ArticlesBody,
  favorite,
  newUser,
  type Person,
  type ProfileBody,
  profilePath,
  publish,
  register,
  unique,
} from '../support/conduit.js';
import { TestPostgres } from '../support/postgres.js';
import { type RunningApp, startApp } from '../support/running-app.js';

/** Turkish has cases of its own for i; C knows ASCII alone. */
const LOCALES = {
  C: "locale_provider libc locale 'C'",
  ICU: "locale_provider icu icu_locale 'tr-TR' locale 'C'",
};
const RUNS = Number(process.env['NAME_RUNS'] ?? 12);

const LETTERS = [...Array.from('aAiIsSΣσςßẞİıÅKéÉᾳ드/%?#+&;\\'), 'e\u0301', '\u0307', '\u0345', 'a b'];
const names = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 1, maxLength: 5 });
const changes = fc.constantFrom<((name: string) => string)[]>(
  (name) => name.toUpperCase(),
  (name) => name.toLowerCase(),
  (name) => name.toLocaleUpperCase('tr'),
  (name) => name.toLocaleLowerCase('tr'),
  (name) => name.normalize('NFD'),
  (name) => name.normalize('NFC'),
  (name) => name.replaceAll('ß', 'ss'),
  (name) => name.replaceAll('é', 'e'),
  (name) => `${name}a`,
);
const pairs = fc.tuple(names, fc.array(changes, { minLength: 1, maxLength: 2 }));
/** Pairs that each tell one fold from another. */
const examples = [
  ['ΟΔΟΣ', 'οδος'],
  ['İ', 'i\u0307'],
  ['I', 'ı'],
  ['STRASSE', 'straße'],
].map(([one, other]): [[string, ((name: string) => string)[]]] => [[one!, [() => other!]]]);

const server = new TestPostgres();
beforeAll(() => server.start());
afterAll(() => server.stop());

describe.each(Object.entries(LOCALES))('on a database with the locale of %s', (_, locale) => {
  let app: RunningApp;
  let api: Api;
  let viewer: Person;

  beforeAll(async () => {
    const { ownerUrl } = await server.newDatabase(`template template0 ${locale}`);
    app = await startApp({
      env: {
        DATABASE_URL: ownerUrl,
        LOGIN_FAILURES_PER_MINUTE: '1',
        REGISTRATIONS_PER_MINUTE: '1000000',
        TRUST_PROXY: '127.0.0.1',
      },
    });
    api = new Api(app.url);
    viewer = await register(api);
  });
  afterAll(() => app.stop());

  it('two usernames are one account to every reader and writer, or to none', async () => {
    const property = fc.asyncProperty(pairs, async ([letters, steps]) => {
      const name = unique('') + letters;
      const other = steps.reduce((changed, change) => change(changed), name);
      const isSame = canonicalForm(name) === canonicalForm(other);
      expect(await usernameSeen(name, other)).toEqual({
        registered: isSame,
        renamed: isSame,
        profile: isSame,
        ownProfile: isSame,
        followed: isSame,
        author: isSame,
        favorited: isSame,
        changed: isSame,
      });
    });
    await fc.assert(property, { numRuns: RUNS, examples, endOnFailure: true });
  });

  it('two e-mail addresses are one account to every reader and writer, or to none', async () => {
    const property = fc.asyncProperty(pairs, async ([letters, steps]) => {
      const local = unique('') + letters.replaceAll(' ', '');
      const [email, other] = [local, steps.reduce((changed, change) => change(changed), local)].map(
        (each) => `${each}@example.com`,
      ) as [string, string];
      const isSame = canonicalForm(email) === canonicalForm(other);
      expect(await emailSeen(email, other)).toEqual({ login: isSame, registered: isSame, limited: isSame });
    });
    await fc.assert(property, { numRuns: RUNS, examples, endOnFailure: true });
  });

  /** Whether each part of the API takes the second name for the account of the first. */
  async function usernameSeen(name: string, other: string) {
    const find = (as: Api) => as.get<ProfileBody>(profilePath(other));
    const count = async (filter: string) => {
      const reply = await api.get<ArticlesBody>(`/api/articles?${filter}=${encodeURIComponent(other)}`);
      return reply.body.articlesCount > 0;
    };
    // Caches that no user has this name.
    expect(await find(api)).toHaveProperty('status', 404);
    const author = await register(api, { username: name });
    const { slug } = await publish(author);
    await favorite(author, slug);

    const profile = (await find(api)).status === 200;
    const ownProfile = (await find(author.api)).status === 200;
    await viewer.api.post(`${profilePath(other)}/follow`);
    const { following } = (await viewer.api.get<ProfileBody>(profilePath(name))).body.profile;
    const [byAuthor, favorited] = [await count('author'), await count('favorited')];
    await author.api.put('/api/user', { user: { bio: 'changed' } });
    const changed = (await find(api)).body.profile?.bio === 'changed';
    const second = await register(api);
    const renamed = (await second.api.put('/api/user', { user: { username: other } })).status === 409;
    if (!renamed) await second.api.put('/api/user', { user: { username: unique('user') } });
    const registered = (await api.post('/api/users', { user: newUser({ username: other }) })).status === 409;
    // Two accounts do not see one another's name.
    expect((await find(api)).body.profile?.username).toBe(registered && profile ? name : other);
    expect((await api.get<ProfileBody>(profilePath(name))).body.profile.username).toBe(name);
    return {
      registered,
      renamed,
      profile,
      ownProfile,
      followed: following,
      author: byAuthor,
      favorited,
      changed,
    };
  }

  async function emailSeen(email: string, other: string) {
    const { password } = await register(api, { email });
    const logIn = (user: object, address = randomAddress()) =>
      api.post('/api/users/login', { user }, { 'x-forwarded-for': address });
    const login = (await logIn({ email: other, password })).status === 200;
    const address = randomAddress();
    expect(await logIn({ email, password: 'wrong' }, address)).toHaveProperty('status', 401);
    const limited = (await logIn({ email: other, password: 'wrong' }, address)).status === 429;
    const registered = (await api.post('/api/users', { user: newUser({ email: other }) })).status === 409;
    return { login, registered, limited };
  }
});

const randomAddress = () => `2001:db8:${randomInt(65_536).toString(16)}:${randomInt(65_536).toString(16)}::1`;
