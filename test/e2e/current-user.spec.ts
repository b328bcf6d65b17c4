import { describe, expect, it } from 'vitest';
import {
  articlePath,
  comment,
  profilePath,
  publish,
  register,
  unique,
  type ArticleBody,
  type ArticlesBody,
  type CommentsBody,
  type Person,
  type ProfileBody,
  type UserBody,
} from '../support/conduit.js';
import { api } from './client.js';

async function update(person: Person, user: unknown) {
  return person.api.put<UserBody>('/api/user', { user });
}

describe('the current user', () => {
  it('is who the token says', async () => {
    const { api: mine, username, email } = await register(api);
    const reply = await mine.get<UserBody>('/api/user');
    expect(reply).toHaveStatus(200);
    expect(reply.body.user).toMatchObject({ username, email, bio: null, image: null });
    expect(await api.as(reply.body.user.token).get('/api/user')).toHaveStatus(200);
  });

  it('changes one field and keeps the others', async () => {
    const person = await register(api);
    await update(person, { bio: 'I like to skateboard' });
    const reply = await update(person, { image: 'https://example.com/jake.jpg' });
    expect(reply).toHaveStatus(200);
    expect(reply.body.user).toMatchObject({
      username: person.username,
      email: person.email,
      bio: 'I like to skateboard',
      image: 'https://example.com/jake.jpg',
    });
    const { body } = await person.api.get<UserBody>('/api/user');
    expect(body.user).toMatchObject({ bio: 'I like to skateboard', image: 'https://example.com/jake.jpg' });
  });

  it.each(['bio', 'image'])('loses its %s to an empty string and to null', async (field) => {
    const person = await register(api);
    for (const nothing of ['', null]) {
      await update(person, { [field]: 'something' });
      const reply = await update(person, { [field]: nothing });
      expect(reply).toHaveStatus(200);
      expect(reply.body.user).toMatchObject({ [field]: null });
      const { body } = await person.api.get<UserBody>('/api/user');
      expect(body.user).toMatchObject({ [field]: null });
    }
  });

  it('shows its bio and image wherever it appears', async () => {
    const person = await register(api);
    const { slug } = await publish(person);
    await comment(person, slug);
    const shown = { bio: 'I like to skateboard', image: 'https://example.com/jake.jpg' };
    await update(person, shown);
    const profile = await api.get<ProfileBody>(profilePath(person.username));
    const article = await api.get<ArticleBody>(articlePath(slug));
    const list = await api.get<ArticlesBody>(`/api/articles?author=${person.username}`);
    const comments = await api.get<CommentsBody>(`${articlePath(slug)}/comments`);
    expect(profile.body.profile).toMatchObject(shown);
    expect(article.body.article.author).toMatchObject(shown);
    expect(list.body.articles[0]?.author).toMatchObject(shown);
    expect(comments.body.comments[0]?.author).toMatchObject(shown);
  });

  it('takes its articles along to a new username', async () => {
    const person = await register(api);
    const { slug } = await publish(person);
    const username = unique('renamed');
    const reply = await update(person, { username });
    expect(reply.body.user.username).toBe(username);

    expect(await api.get(profilePath(person.username))).toBeRefused(404, { profile: ['not found'] });
    expect(await api.get(profilePath(username))).toHaveStatus(200);
    const article = await api.get<ArticleBody>(articlePath(slug));
    expect(article.body.article.author.username).toBe(username);
    const now = await api.get<ArticlesBody>(`/api/articles?author=${username}`);
    expect(now.body).toMatchObject({ articlesCount: 1, articles: [{ slug, author: { username } }] });
    const before = await api.get<ArticlesBody>(`/api/articles?author=${person.username}`);
    expect(before.body).toEqual({ articles: [], articlesCount: 0 });

    const mine = await api.as(reply.body.user.token).get<UserBody>('/api/user');
    expect(mine.body.user.username).toBe(username);
  });

  it('frees the username it gives up', async () => {
    const person = await register(api);
    await update(person, { username: unique('renamed') });
    const other = await register(api, { username: person.username });
    expect(other.username).toBe(person.username);
  });

  it('logs in with its new e-mail address and no longer with the old one', async () => {
    const { api: mine, email, password } = await register(api);
    const changed = `${unique('changed')}@example.com`;
    expect(await mine.put('/api/user', { user: { email: changed } })).toHaveStatus(200);
    expect(await api.post('/api/users/login', { user: { email: changed, password } })).toHaveStatus(200);
    expect(await api.post('/api/users/login', { user: { email, password } })).toHaveStatus(401);
  });

  it('logs in with its new password and no longer with the old one', async () => {
    const { api: mine, email, password } = await register(api);
    expect(await mine.put('/api/user', { user: { password: 'a new password' } })).toHaveStatus(200);
    expect(await api.post('/api/users/login', { user: { email, password: 'a new password' } })).toHaveStatus(
      200,
    );
    expect(await api.post('/api/users/login', { user: { email, password } })).toHaveStatus(401);
  });

  it.each(['username', 'email'] as const)('may not take the %s of another user', async (field) => {
    const [person, other] = [await register(api), await register(api)];
    const reply = await update(person, { [field]: other[field], bio: 'changed too' });
    expect(reply).toBeRefused(409, { [field]: ['has already been taken'] });
    const { body } = await person.api.get<UserBody>('/api/user');
    expect(body.user).toMatchObject({ [field]: person[field], bio: null });
  });

  it('may send its own username and e-mail address again', async () => {
    const person = await register(api);
    const reply = await update(person, { username: person.username, email: person.email });
    expect(reply).toHaveStatus(200);
  });

  it.each(['username', 'email', 'password'])('has to keep a %s', async (field) => {
    const person = await register(api);
    for (const blank of [null, '']) {
      expect(await update(person, { [field]: blank })).toBeRefused(422, { [field]: ["can't be blank"] });
    }
  });

  it.each(['username', 'email'])('may not have a %s of nothing but white space', async (field) => {
    const person = await register(api);
    expect(await update(person, { [field]: '   ' })).toBeRefused(422, { [field]: ["can't be blank"] });
  });

  it.each(['username', 'email', 'password', 'bio', 'image'])(
    'refuses a %s of a wrong type',
    async (field) => {
      const person = await register(api);
      for (const value of [1, true, {}, ['a']]) {
        expect(await update(person, { [field]: value })).toBeRefusedFor(422, field);
      }
    },
  );

  it('has to change at least one field', async () => {
    const person = await register(api);
    expect(await update(person, {})).toBeRefused(422);
  });
});
