import { describe, expect, it } from 'vitest';
import {
  articlePath,
  comment,
  newArticle,
  newUser,
  profilePath,
  publish,
  register,
} from '../support/conduit.js';
import type { Reply } from '../support/api-client.js';
import { api } from './client.js';
import { operationIds } from './conformance.js';

/** One success of each operation; the client checks the answers against the description. */
const successes: Record<string, () => Promise<{ reply: Reply; status: number }>> = {
  async CreateUser() {
    return { status: 201, reply: await api.post('/api/users', { user: newUser() }) };
  },
  async Login() {
    const { email, password } = await register(api);
    return { status: 200, reply: await api.post('/api/users/login', { user: { email, password } }) };
  },
  async GetCurrentUser() {
    const person = await register(api);
    return { status: 200, reply: await person.api.get('/api/user') };
  },
  async UpdateCurrentUser() {
    const person = await register(api);
    return {
      status: 200,
      reply: await person.api.put('/api/user', { user: { bio: 'I work at statefarm' } }),
    };
  },
  async GetProfileByUsername() {
    const { username } = await register(api);
    return { status: 200, reply: await api.get(profilePath(username)) };
  },
  async FollowUserByUsername() {
    const [me, you] = [await register(api), await register(api)];
    return { status: 200, reply: await me.api.post(`${profilePath(you.username)}/follow`) };
  },
  async UnfollowUserByUsername() {
    const [me, you] = [await register(api), await register(api)];
    return { status: 200, reply: await me.api.del(`${profilePath(you.username)}/follow`) };
  },
  async GetArticlesFeed() {
    const person = await register(api);
    return { status: 200, reply: await person.api.get('/api/articles/feed') };
  },
  async GetArticles() {
    await publish(await register(api));
    return { status: 200, reply: await api.get('/api/articles') };
  },
  async CreateArticle() {
    const person = await register(api);
    return { status: 201, reply: await person.api.post('/api/articles', { article: newArticle() }) };
  },
  async GetArticle() {
    const { slug } = await publish(await register(api));
    return { status: 200, reply: await api.get(articlePath(slug)) };
  },
  async UpdateArticle() {
    const author = await register(api);
    const { slug } = await publish(author);
    return { status: 200, reply: await author.api.put(articlePath(slug), { article: { body: 'Believe.' } }) };
  },
  async DeleteArticle() {
    const author = await register(api);
    const { slug } = await publish(author);
    return { status: 204, reply: await author.api.del(articlePath(slug)) };
  },
  async GetArticleComments() {
    const author = await register(api);
    const { slug } = await publish(author);
    await comment(author, slug);
    return { status: 200, reply: await api.get(`${articlePath(slug)}/comments`) };
  },
  async CreateArticleComment() {
    const author = await register(api);
    const path = `${articlePath((await publish(author)).slug)}/comments`;
    return { status: 201, reply: await author.api.post(path, { comment: { body: 'Well said.' } }) };
  },
  async DeleteArticleComment() {
    const author = await register(api);
    const { slug } = await publish(author);
    const { id } = await comment(author, slug);
    return { status: 204, reply: await author.api.del(`${articlePath(slug)}/comments/${id}`) };
  },
  async CreateArticleFavorite() {
    const author = await register(api);
    const { slug } = await publish(author);
    return { status: 200, reply: await author.api.post(`${articlePath(slug)}/favorite`) };
  },
  async DeleteArticleFavorite() {
    const author = await register(api);
    const { slug } = await publish(author);
    return { status: 200, reply: await author.api.del(`${articlePath(slug)}/favorite`) };
  },
  async GetTags() {
    return { status: 200, reply: await api.get('/api/tags') };
  },
};

describe('every operation of the API description', () => {
  it('has a success here', () => {
    expect(Object.keys(successes).sort()).toEqual([...operationIds].sort());
  });

  it.each(Object.keys(successes))('%s succeeds with the documented answer', async (id) => {
    const { reply, status } = await successes[id]!();
    expect(reply).toHaveStatus(status);
  });
});
