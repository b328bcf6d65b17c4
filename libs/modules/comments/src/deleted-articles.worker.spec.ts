import { Databases } from '@tearline/database';
import { type Message, type Outbox, REQUEUE, type RunningJob } from '@tearline/events';
import type { ArticleDeleted } from '@tearline/modules/articles/contract';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TestServer } from '../../../../test/support/database.js';
import { DeletedArticlesWorker } from './deleted-articles.worker.js';

const server = new TestServer();
let dataSource: DataSource;
let worker: DeletedArticlesWorker;
const enqueued: unknown[] = [];

beforeAll(async () => {
  await server.start();
  const database = await server.newDatabase();
  await database.migrate();
  const databases = new Databases({ urls: { comments: database.urls['comments']! }, connections: 2 });
  const options = await databases.dataSourceOptionsFor('comments', []);
  dataSource = await new DataSource(options as DataSourceOptions).initialize();
  const outbox = { enqueue: async (...args: unknown[]) => void enqueued.push(args.slice(2)) };
  worker = new DeletedArticlesWorker(dataSource, outbox as unknown as Outbox);
});
afterAll(async () => {
  await dataSource?.destroy();
  await server.stop();
});

beforeEach(async () => {
  await dataSource.query('delete from comments');
  await dataSource.query(
    `insert into comments (article_id, author_id, body) select 7 + n / 2500, 1, 'text' from generate_series(0, 2500) n`,
  );
});

const run = (signal: AbortSignal) => worker.deleteComments({ articleId: 7 }, { signal } as RunningJob);
const articlesLeft = () =>
  dataSource.query('select article_id::int as article, count(*)::int from comments group by 1');

it('enqueues a job that runs after the last request that may still add a comment', async () => {
  const message = { payload: { articleId: 7, authorId: 1 } } as Message<typeof ArticleDeleted>;
  await worker.articleDeleted(message, dataSource.manager);
  expect(enqueued).toEqual([[{ articleId: 7 }, { delayMs: 60_000 }]]);
});

it('deletes all comments of the article, over several batches, and no others', async () => {
  expect(await run(new AbortController().signal)).toBeUndefined();
  expect(await articlesLeft()).toEqual([{ article: 8, count: 1 }]);
});

it('is requeued when the process shuts down', async () => {
  expect(await run(AbortSignal.abort())).toBe(REQUEUE);
  expect(await articlesLeft()).toHaveLength(2);
});

it('fails when the database does, so that the job is tried again', async () => {
  const { manager } = dataSource;
  const broken = {
    query: () => manager.query("do $$ begin raise 'disk full'; end $$"),
  } as unknown as DataSource;
  const failing = new DeletedArticlesWorker(broken, {} as Outbox);
  const job = { signal: new AbortController().signal } as RunningJob;
  await expect(failing.deleteComments({ articleId: 7 }, job)).rejects.toThrow('disk full');
});
