import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from '../support/api-client.js';
import {
  type ArticleBody,
  articlePath,
  comment,
  favorite,
  follow,
  publish,
  register,
} from '../support/conduit.js';
import { notificationsOf } from '../support/notifications.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { SharedServers } from '../support/shared-servers.js';

let servers: SharedServers;
let apps: RunningApp[];
beforeAll(async () => {
  servers = await SharedServers.start(['production', 'staging']);
  apps = await Promise.all(servers.deployments.map(({ env }) => startApp({ env: { ...env, CACHE: 'on' } })));
}, 120_000);
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await servers.stop();
});

/** The same acts in each deployment, so that ids and names are the same. */
async function act(app: RunningApp) {
  const api = new Api(app.url);
  const [author, ...fans] = await Promise.all(Array.from({ length: 4 }, () => register(api)));
  const articles = [];
  for (let n = 0; n < 5; n += 1) articles.push(await publish(author!, { title: `Article ${n}` }));
  for (const fan of fans) {
    await follow(fan, author!);
    for (const { slug } of articles) {
      await favorite(fan, slug);
      await comment(fan, slug, `by ${fan.username}`);
    }
  }
  const names = fans.map(({ username }) => username).toSorted();
  return { api, author: author!, names, articles };
}

it(
  'two deployments on one Redis and one PostgreSQL server do not touch each other',
  { timeout: 120_000 },
  async () => {
    const [production, staging] = await Promise.all(apps.map(act));
    for (const { author, names, articles } of [production!, staging!]) {
      await expect
        .poll(
          async () => {
            const { notifications } = await notificationsOf(author, '?limit=50');
            return notifications.map(({ kind, actorCount }) => `${kind} ${actorCount}`).toSorted();
          },
          { timeout: 60_000 },
        )
        .toEqual([...articles.map(() => 'comment 3'), ...articles.map(() => 'favorite 3'), 'follow 3']);
      const { notifications } = await notificationsOf(author, '?limit=50');
      expect(
        [
          ...new Set(notifications.flatMap(({ actors }) => actors.map(({ username }) => username))),
        ].toSorted(),
      ).toEqual(names);
    }
    // Slugs and cache keys are the same in both.
    const authorsOf = async ({ api, articles }: NonNullable<typeof production>) => {
      const replies = await Promise.all(articles.map(({ slug }) => api.get<ArticleBody>(articlePath(slug))));
      return new Set(replies.map(({ body }) => body.article.author.username));
    };
    for (const each of [production!, staging!])
      for (let time = 0; time < 2; time += 1)
        expect(await authorsOf(each)).toEqual(new Set([each.author.username]));
    expect(await servers.crossings()).toEqual([]);
  },
);
