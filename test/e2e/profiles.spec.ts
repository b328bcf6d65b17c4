import { describe, expect, it } from 'vitest';
import {
  articlePath,
  comment,
  follow,
  profilePath,
  publish,
  register,
  unique,
  type ArticleBody,
  type ArticlesBody,
  type CommentsBody,
  type Person,
  type ProfileBody,
} from '../support/conduit.js';
import { api } from './client.js';

async function isFollowing(viewer: Person, { username }: Person) {
  const reply = await viewer.api.get<ProfileBody>(profilePath(username));
  return reply.body.profile.following;
}

describe('a profile', () => {
  it('is public', async () => {
    const { username } = await register(api);
    const reply = await api.get<ProfileBody>(profilePath(username));
    expect(reply).toHaveStatus(200);
    expect(reply.body.profile).toEqual({ username, bio: null, image: null, following: false });
  });

  it('of an unknown user is not found', async () => {
    const path = profilePath(unique('unknown'));
    expect(await api.get(path)).toBeRefused(404, { profile: ['not found'] });
    const { api: mine } = await register(api);
    expect(await mine.get(path)).toBeRefused(404, { profile: ['not found'] });
    expect(await mine.post(`${path}/follow`)).toBeRefused(404, { profile: ['not found'] });
    expect(await mine.del(`${path}/follow`)).toBeRefused(404, { profile: ['not found'] });
  });

  it('is found by the whole username alone', async () => {
    const { username } = await register(api);
    expect(await api.get(profilePath(username.slice(0, -1)))).toHaveStatus(404);
    expect(await api.get(profilePath(`${username.slice(0, -1)}%`))).toHaveStatus(404);
    expect(await api.get(profilePath(`${username} `))).toHaveStatus(404);
  });
});

describe('following', () => {
  it('answers with the profile, followed', async () => {
    const [me, you] = [await register(api), await register(api)];
    const reply = await me.api.post<ProfileBody>(`${profilePath(you.username)}/follow`);
    expect(reply).toHaveStatus(200);
    expect(reply.body.profile).toEqual({ username: you.username, bio: null, image: null, following: true });
    expect(await isFollowing(me, you)).toBe(true);
  });

  it('ends with unfollowing', async () => {
    const [me, you] = [await register(api), await register(api)];
    await follow(me, you);
    const reply = await me.api.del<ProfileBody>(`${profilePath(you.username)}/follow`);
    expect(reply).toHaveStatus(200);
    expect(reply.body.profile).toMatchObject({ username: you.username, following: false });
    expect(await isFollowing(me, you)).toBe(false);
  });

  it('and unfollowing may be repeated', async () => {
    const [me, you] = [await register(api), await register(api)];
    expect((await follow(me, you)).following).toBe(true);
    expect((await follow(me, you)).following).toBe(true);
    for (const _ of ['once', 'twice']) {
      const reply = await me.api.del<ProfileBody>(`${profilePath(you.username)}/follow`);
      expect(reply).toHaveStatus(200);
      expect(reply.body.profile.following).toBe(false);
    }
    expect(await isFollowing(me, you)).toBe(false);
  });

  it('is seen by the follower alone', async () => {
    const [me, you, other] = [await register(api), await register(api), await register(api)];
    await follow(me, you);
    expect(await isFollowing(other, you)).toBe(false);
    expect(await isFollowing(you, me)).toBe(false);
    const anonymous = await api.get<ProfileBody>(profilePath(you.username));
    expect(anonymous.body.profile.following).toBe(false);
  });

  it('shows wherever the followed person appears', async () => {
    const [me, you] = [await register(api), await register(api)];
    const { slug } = await publish(you);
    await comment(you, slug);
    const seen = async (viewer: typeof api) => {
      const article = await viewer.get<ArticleBody>(articlePath(slug));
      const list = await viewer.get<ArticlesBody>(`/api/articles?author=${you.username}`);
      const comments = await viewer.get<CommentsBody>(`${articlePath(slug)}/comments`);
      return [
        article.body.article.author.following,
        list.body.articles[0]?.author.following,
        comments.body.comments[0]?.author.following,
      ];
    };
    expect(await seen(me.api)).toEqual([false, false, false]);
    await follow(me, you);
    expect(await seen(me.api)).toEqual([true, true, true]);
    expect(await seen(you.api)).toEqual([false, false, false]);
    expect(await seen(api)).toEqual([false, false, false]);
    await me.api.del(`${profilePath(you.username)}/follow`);
    expect(await seen(me.api)).toEqual([false, false, false]);
  });
});
