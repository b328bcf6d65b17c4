import { Injectable } from '@nestjs/common';
import { ReadCache } from '@tearline/cache';
import { execute, InjectTransactions, type Statement, statement, Transactions } from '@tearline/database';
import { InjectOutbox, Outbox } from '@tearline/events';
import { type EventContract, SeamError } from '@tearline/seam';
import type { FullArticleRow } from './article-row.js';
import { ArticleFavorited, ArticleUnfavorited, slugTag } from './contract.js';

/*
 * Each is one statement, and so one transaction and one round trip. The article is locked before the favorite is
 * written: in the other order, a concurrent deletion would deadlock. A repetition changes nothing and appends no event.
 */
const LOCKED = 'article as (select * from articles where slug = $2 for no key update)';

const appendEvent = (changed: string) => `
  event as (
    select append_event($3, 'article/' || id, $4, $5,
      jsonb_build_object('articleId', id, 'authorId', author_id, 'userId', $1::bigint), $6)
    from article where id in (select article_id from ${changed})
  )`;

const recordPurge = (changed: string) => `
  purge as (insert into purges (edge, id, keys) select unnest($7::text[]), $8::uuid, $9 from ${changed})`;

const columns = (favorited: boolean, count: string) => `
  select id, slug, title, description, body, tag_list as "tagList", created_at as "createdAt",
    updated_at as "updatedAt", author_id as "authorId", ${favorited} as favorited, (${count})::int as "favoritesCount"
  from article left join event on true`;

const ADD = statement<FullArticleRow>(
  'articles.favorite',
  `
  with ${LOCKED}, added as (
    insert into favorites (user_id, published_at, article_id) select $1, created_at, id from article
    on conflict do nothing returning article_id
  ), counted as (
    update articles set favorites_count = favorites_count + 1 where id in (select article_id from added)
  ), ${appendEvent('added')}, ${recordPurge('added')}
  ${columns(true, 'favorites_count + (select count(*) from added)')}`,
);

const REMOVE = statement<FullArticleRow>(
  'articles.unfavorite',
  `
  with ${LOCKED}, removed as (
    delete from favorites using article
    where user_id = $1 and published_at = article.created_at and article_id = article.id returning article_id
  ), counted as (
    update articles set favorites_count = favorites_count - 1 where id in (select article_id from removed)
  ), ${appendEvent('removed')}, ${recordPurge('removed')}
  ${columns(false, 'favorites_count - (select count(*) from removed)')}`,
);

/** Adds and removes favorites; both are idempotent. */
@Injectable()
export class FavoritesService {
  constructor(
    @InjectTransactions('articles') private readonly transactions: Transactions,
    @InjectOutbox('articles') private readonly outbox: Outbox,
    private readonly cache: ReadCache,
  ) {}

  /**
   * Adds a favorite.
   * @returns the article as the user now sees it; undefined for a repetition
   * @throws SeamError `article/not-found`
   */
  add(slug: string, userId: number): Promise<FullArticleRow | undefined> {
    return this.change('add favorite', ADD, ArticleFavorited, slug, userId);
  }

  /**
   * Removes a favorite.
   * @returns the article as the user now sees it; undefined for a repetition
   * @throws SeamError `article/not-found`
   */
  remove(slug: string, userId: number): Promise<FullArticleRow | undefined> {
    return this.change('remove favorite', REMOVE, ArticleUnfavorited, slug, userId);
  }

  private async change(
    operation: string,
    sql: Statement<FullArticleRow>,
    event: EventContract,
    slug: string,
    userId: number,
  ): Promise<FullArticleRow | undefined> {
    const changed = await this.transactions.runStatement(operation, slug, async (manager) => {
      const purge = this.cache.purgeArguments(slugTag(slug));
      const values = [userId, slug, ...this.outbox.appendEventArguments(event), ...purge];
      const [article] = await execute(manager, sql, values);
      if (!article) throw new SeamError('article/not-found');
      return article;
    });
    this.outbox.relayNow();
    await this.cache.invalidate(slugTag(slug));
    return changed;
  }
}
