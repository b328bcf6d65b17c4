import { randomUUID } from 'node:crypto';
import type { ReadCache } from '@tearline/cache';
import { Transactions } from '@tearline/database';
import { Outbox } from '@tearline/events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ModuleDatabase, startModuleDatabase } from '../../../../test/support/module-database.js';
import { ArticlesService } from './articles.service.js';
import { ADVISORY_LOCK, CounterCompaction } from './counter-compaction.js';
import { ArticleTagEntity } from './entities/article-tag.entity.js';
import { ArticleEntity } from './entities/article.entity.js';
import { FavoriteEntity } from './entities/favorite.entity.js';
import { FavoritesService } from './favorites.service.js';
import { data, manifest } from './index.js';

const LOCK = 'select from articles where slug = $1 for update';
const [AUTHOR, FAN, OTHER_FAN] = [1, 2, 3];

let database: ModuleDatabase;
let articles: ArticlesService;
let favorites: FavoritesService;
let compaction: CounterCompaction;
let number = 0;
let slug: string;

beforeAll(async () => {
  database = await startModuleDatabase(data, [ArticleEntity, ArticleTagEntity, FavoriteEntity]);
  const { dataSource } = database;
  const outbox = new Outbox(manifest, [manifest], () => undefined);
  const cache = {
    record: async () => undefined,
    invalidate: async () => undefined,
    purgeArguments: () => [[], randomUUID(), ''],
  } as unknown as ReadCache;
  articles = new ArticlesService(new Transactions(dataSource), outbox, cache);
  favorites = new FavoritesService(new Transactions(dataSource), outbox, cache);
  compaction = new CounterCompaction(dataSource);
});
afterAll(() => database?.stop());
beforeEach(async () => {
  ({ slug } = await articles.create(AUTHOR, {
    title: `Article ${(number += 1)}`,
    description: '',
    body: '',
  }));
});

const notFound = { code: 'article/not-found' };
const countOf = async (kind: string, key: string) => {
  const [row] = await database.dataSource.query<[{ count: number }]>(
    `select coalesce(sum(n), 0)::int as count from (
       select total as n from counters where kind = $1 and key = $2
       union all select delta from counter_deltas where kind = $1 and key = $2) counted`,
    [kind, key],
  );
  return row.count;
};

describe('a favorite', () => {
  it('counts those that were committed while it waited', async () => {
    const other = await database.begin(
      [LOCK, [slug]],
      ['update articles set favorites_count = favorites_count + 1 where slug = $1', [slug]],
    );
    const added = favorites.add(slug, FAN);
    await database.untilWaiting();
    await other.commit();
    expect(await added).toMatchObject({ favorited: true, favoritesCount: 2 });
    const removing = await database.begin(
      [LOCK, [slug]],
      ['update articles set favorites_count = favorites_count - 1 where slug = $1', [slug]],
    );
    const removed = favorites.remove(slug, FAN);
    await database.untilWaiting();
    await removing.commit();
    expect(await removed).toMatchObject({ favorited: false, favoritesCount: 0 });
  });

  it('of an article that is being deleted finds no article, and neither blocks the other', async () => {
    await favorites.add(slug, FAN);
    const deletion = await database.begin([LOCK, [slug]]);
    const changes = Promise.allSettled([favorites.add(slug, OTHER_FAN), favorites.remove(slug, FAN)]);
    await database.untilWaiting(2);
    await deletion.query('delete from articles where slug = $1', [slug]);
    await deletion.commit();
    expect(await changes).toMatchObject([{ reason: notFound }, { reason: notFound }]);
  });
});

describe('changes of an article at once', () => {
  it('see the tags that the one before has written', async () => {
    const tag = `tag ${number}`;
    const first = await database.begin([LOCK, [slug]]);
    const updates = [1, 2].map(() => articles.update(slug, AUTHOR, { tagList: [tag] }));
    await database.untilWaiting(2);
    await first.commit();
    await Promise.all(updates);
    expect(await countOf('tag', tag)).toBe(1);
  });

  it('delete it once', async () => {
    const before = await countOf('author', `${AUTHOR}`);
    const first = await database.begin([LOCK, [slug]]);
    const removals = [1, 2].map(() => articles.remove(slug, AUTHOR));
    await database.untilWaiting(2);
    await first.commit();
    const results = await Promise.allSettled(removals);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(results).toContainEqual({ status: 'rejected', reason: expect.objectContaining(notFound) });
    expect(await countOf('author', `${AUTHOR}`)).toBe(before - 1);
  });
});

it('compaction skips a run while another process compacts', async () => {
  const deltas = async () =>
    (await database.dataSource.query<unknown[]>('select from counter_deltas')).length;
  const before = await deltas();
  const other = await database.begin(['select pg_advisory_xact_lock($1)', [ADVISORY_LOCK]]);
  await compaction.run();
  expect(await deltas()).toBe(before);
  await other.commit();
  await compaction.run();
  expect([before > 0, await deltas()]).toEqual([true, 0]);
});
