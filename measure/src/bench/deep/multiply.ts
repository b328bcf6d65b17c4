import { queryOwner } from '../../kit/database.js';

/**
 * Makes so many times as many articles of those that are there, by the same authors and with the same tags, a second
 * apart from one another; users, follows, favorites and comments stay as they are.
 */
export async function multiply(ownerUrl: string, times: number): Promise<void> {
  await queryOwner(
    ownerUrl,
    `insert into articles.articles (slug, title, description, body, tag_list, author_id, created_at, updated_at)
     select slug || '-copy-' || n, title, description, body, tag_list, author_id,
            created_at - n * interval '1 second', updated_at
       from generate_series(1, ${times - 1}) n cross join articles.articles`,
    `insert into articles.article_tags (tag, published_at, article_id, author_id)
     select tag, created_at, id, author_id from articles.articles, unnest(tag_list) tag
     on conflict do nothing`,
    `update articles.counters set total = total * ${times}`,
    'vacuum analyze',
  );
}
