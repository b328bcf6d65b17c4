import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from '../support/api-client.js';
import {
  articlePath,
  type ArticleBody,
  type ArticlesBody,
  comment,
  type CommentsBody,
  favorite,
  type Person,
  publish,
  register,
} from '../support/conduit.js';
import { type RunningApp, startApp } from '../support/running-app.js';

const WRITERS = 8;
const ROUNDS = 3;
const WRITES_BEFORE_THE_KILL = 60;

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tearline-crash-'));
  // PostgreSQL refuses to run as root and takes another user, who must be able to walk in.
  await chmod(dir, 0o755);
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** What the server has said yes to. */
interface Acknowledged {
  published: string[];
  commented: { slug: string; id: number }[];
  favored: string[];
  deleted: string[];
  /** Asked to be deleted, and the answer never came: gone or there, but not half. */
  perhapsDeleted: string[];
}

/** Publishes, comments, favors and deletes until the connection breaks. */
async function write(person: Person, done: Acknowledged): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    try {
      const { slug } = await publish(person, { tagList: ['crash', `turn-${turn % 3}`] });
      done.published.push(slug);
      done.commented.push({ slug, id: (await comment(person, slug)).id });
      await favorite(person, slug);
      done.favored.push(slug);
      if (turn % 3 === 2) {
        done.perhapsDeleted.push(slug);
        const reply = await person.api.del(articlePath(slug));
        if (reply.status !== 204) throw new Error(`deletion answered ${reply.status}`);
        done.deleted.push(slug);
      }
    } catch (error) {
      // Only the kill may end the writing: a refusal is a failure of the test.
      if (error instanceof TypeError && error.message.includes('fetch failed')) return;
      throw error;
    }
  }
}

const start = () => startApp({ dir, env: { REGISTRATIONS_PER_MINUTE: '1000' } });

async function killWhileWriting(app: RunningApp, people: Person[], done: Acknowledged): Promise<void> {
  const before = done.published.length;
  const writing = people.map((person) => write(person, done));
  await expect
    .poll(() => done.published.length - before, { timeout: 30_000 })
    .toBeGreaterThan(WRITES_BEFORE_THE_KILL);
  await app.kill();
  await Promise.all(writing);
}

it(
  'keeps every acknowledged write when the process is killed while writing',
  { timeout: 180_000 },
  async () => {
    const done: Acknowledged = { published: [], commented: [], favored: [], deleted: [], perhapsDeleted: [] };
    let app = await start();
    const registered = await Promise.all(Array.from({ length: WRITERS }, () => register(new Api(app.url))));

    for (let round = 0; round < ROUNDS; round += 1) {
      const api = new Api(app.url);
      await killWhileWriting(
        app,
        registered.map((person) => ({ ...person, api: api.as(person.token) })),
        done,
      );
      app = await start();
    }

    try {
      const api = new Api(app.url).as(registered[0]!.token);
      const perhaps = new Set(done.perhapsDeleted);
      expect(done.published.length).toBeGreaterThan(ROUNDS * WRITES_BEFORE_THE_KILL);
      expect(done.deleted.length).toBeGreaterThan(0);

      const there = new Set<string>();
      for (const slug of done.published) {
        const { status } = await api.get<ArticleBody>(articlePath(slug));
        if (status === 200) there.add(slug);
      }
      expect(done.published.filter((slug) => !there.has(slug) && !perhaps.has(slug))).toEqual([]);
      expect(done.deleted.filter((slug) => there.has(slug))).toEqual([]);

      for (const { slug, id } of done.commented) {
        const { status, body } = await api.get<CommentsBody>(`${articlePath(slug)}/comments`);
        const isThere = status === 200 && body.comments.some((one) => one.id === id);
        expect([slug, status, isThere]).toEqual([slug, there.has(slug) ? 200 : 404, there.has(slug)]);
      }
      for (const slug of done.favored.filter((one) => there.has(one))) {
        const { body } = await api.get<ArticleBody>(articlePath(slug));
        expect([slug, body.article.favoritesCount]).toEqual([slug, 1]);
      }
      await expectExactCounts(api, registered);
    } finally {
      await app.stop();
    }
  },
);

/** The counts are kept apart from the articles, so a crash must not drive them apart. */
async function expectExactCounts(api: Api, people: readonly Person[]): Promise<void> {
  const filters = [
    '',
    'tag=crash',
    'tag=turn-1',
    ...people.map(({ username }) => `author=${username}`),
    ...people.map(({ username }) => `favorited=${username}`),
  ];
  for (const filter of filters) {
    let listed = 0;
    let total: number;
    do {
      const { body } = await api.get<ArticlesBody>(`/api/articles?limit=100&offset=${listed}&${filter}`);
      total = body.articlesCount;
      if (body.articles.length === 0) break;
      listed += body.articles.length;
    } while (listed < total + 1);
    expect([filter, listed]).toEqual([filter, total]);
  }
}
