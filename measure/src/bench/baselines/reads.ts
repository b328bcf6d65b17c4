import type { Pool } from 'pg';
import {
  ARTICLE,
  type ArticleRow,
  articleOf,
  AUTHOR,
  commentOf,
  type CommentRow,
  listOf,
  type PageRow,
} from './rows.js';

const counterSum = (kind: string, keys: string) => `
  (select coalesce(sum(n), 0)::int from (
    select total as n from articles.counters where kind = '${kind}' and key ${keys}
    union all
    select delta from articles.counter_deltas where kind = '${kind}' and key ${keys}) counted)`;

const LIST = `
  select total.n as total, page.* from (select ${counterSum('all', "= ''")} as n) total
  left join lateral (
    select ${ARTICLE}, ${AUTHOR}, false as favorited, false as following
      from (select * from articles.articles order by created_at desc, id desc limit 20) a
      join identity.users u on u.id = a.author_id
     order by a.created_at desc, a.id desc) page on true`;

const BY_TAG = `
  select total.n as total, page.* from (select ${counterSum('tag', '= $1')} as n) total
  left join lateral (
    select ${ARTICLE}, ${AUTHOR}, false as favorited, false as following
      from (select * from articles.article_tags where tag = $1
             order by published_at desc, article_id desc limit 20) t
      join articles.articles a on a.id = t.article_id
      join identity.users u on u.id = a.author_id
     order by a.created_at desc, a.id desc) page on true`;

const BY_AUTHOR = `
  select ${counterSum('author', '= u.id::text')} as total, ${ARTICLE}, ${AUTHOR}, false as favorited, false as following
    from identity.users u
    left join lateral (
      select * from articles.articles where author_id = u.id order by created_at desc, id desc limit 20
    ) a on true
   where lower(u.username) = lower($1)
   order by a.created_at desc, a.id desc`;

const FEED = `
  select ${counterSum('author', '= any(array(select followee_id::text from social.follows where follower_id = $1))')} as total,
         page.*
    from (select) nothing
    left join lateral (
      select ${ARTICLE}, ${AUTHOR}, true as following,
             exists (select from articles.favorites f
                      where f.user_id = $1 and f.published_at = a.created_at and f.article_id = a.id) as favorited
        from (select newest.id
                from social.follows followed cross join lateral (
                  select id, created_at from articles.articles where author_id = followed.followee_id
                   order by created_at desc, id desc limit 20) newest
               where followed.follower_id = $1
               order by newest.created_at desc, newest.id desc limit 20) k
        join articles.articles a on a.id = k.id
        join identity.users u on u.id = a.author_id
       order by a.created_at desc, a.id desc) page on true`;

const ARTICLE_BY_SLUG = `
  select ${ARTICLE}, a.body, ${AUTHOR},
         exists (select from articles.favorites f
                  where f.user_id = $2 and f.published_at = a.created_at and f.article_id = a.id) as favorited,
         exists (select from social.follows f where f.follower_id = $2 and f.followee_id = a.author_id) as following
    from articles.articles a join identity.users u on u.id = a.author_id
   where a.slug = $1`;

const TAGS = `
  select key as tag from (
    select key, total as n from articles.counters where kind = 'tag'
    union all
    select key, delta from articles.counter_deltas where kind = 'tag') counted
   group by key having sum(n) > 0 order by sum(n) desc, key limit 1000`;

const PROFILE = 'select username, bio, image from identity.users where lower(username) = lower($1)';

const COMMENTS = `
  select c.id::int, c.created_at, c.updated_at, c.body, ${AUTHOR}
    from articles.articles a
    join comments.comments c on c.article_id = a.id
    join identity.users u on u.id = c.author_id
   where a.slug = $1
   order by c.created_at desc, c.id desc limit 1000`;

/** What the API reads, each with one prepared statement over all schemas. */
export class RawReads {
  constructor(private readonly pool: Pool) {}

  async list({ tag, author }: { tag: string | null; author: string | null }) {
    if (tag !== null) return listOf(await this.rows<PageRow>('tag', BY_TAG, tag));
    if (author !== null) return listOf(await this.rows<PageRow>('author', BY_AUTHOR, author));
    return listOf(await this.rows<PageRow>('list', LIST));
  }

  async feed(viewer: string | null) {
    return listOf(await this.rows<PageRow>('feed', FEED, viewer));
  }

  async article(slug: string, viewer: string | null) {
    const [row] = await this.rows<ArticleRow>('article', ARTICLE_BY_SLUG, slug, viewer);
    return { article: articleOf(row!) };
  }

  async tags() {
    return { tags: (await this.rows<{ tag: string }>('tags', TAGS)).map(({ tag }) => tag) };
  }

  async profile(username: string) {
    const [row] = await this.rows<Pick<ArticleRow, 'username' | 'bio' | 'image'>>(
      'profile',
      PROFILE,
      username,
    );
    return { profile: { username: row!.username, bio: row!.bio, image: row!.image, following: false } };
  }

  async comments(slug: string) {
    return { comments: (await this.rows<CommentRow>('comments', COMMENTS, slug)).map(commentOf) };
  }

  private async rows<Row>(name: string, text: string, ...values: unknown[]): Promise<Row[]> {
    return (await this.pool.query({ name, text, values })).rows as Row[];
  }
}
