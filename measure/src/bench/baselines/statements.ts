/** What the API reads, each with one statement over all schemas. */
import { ARTICLE, AUTHOR } from './rows.js';

const counterSum = (kind: string, keys: string) => `
  (select coalesce(sum(n), 0)::int from (
    select total as n from articles.counters where kind = '${kind}' and key ${keys}
    union all
    select delta from articles.counter_deltas where kind = '${kind}' and key ${keys}) counted)`;

export const LIST = `
  select total.n as total, page.* from (select ${counterSum('all', "= ''")} as n) total
  left join lateral (
    select ${ARTICLE}, ${AUTHOR}, false as favorited, false as following
      from (select * from articles.articles order by created_at desc, id desc limit 20) a
      join identity.users u on u.id = a.author_id
     order by a.created_at desc, a.id desc) page on true`;

export const BY_TAG = `
  select total.n as total, page.* from (select ${counterSum('tag', '= $1')} as n) total
  left join lateral (
    select ${ARTICLE}, ${AUTHOR}, false as favorited, false as following
      from (select * from articles.article_tags where tag = $1
             order by published_at desc, article_id desc limit 20) t
      join articles.articles a on a.id = t.article_id
      join identity.users u on u.id = a.author_id
     order by a.created_at desc, a.id desc) page on true`;

export const BY_AUTHOR = `
  select ${counterSum('author', '= u.id::text')} as total, ${ARTICLE}, ${AUTHOR}, false as favorited, false as following
    from identity.users u
    left join lateral (
      select * from articles.articles where author_id = u.id order by created_at desc, id desc limit 20
    ) a on true
   where u.canonical_username = $1
   order by a.created_at desc, a.id desc`;

export const FEED = `
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

export const ARTICLE_BY_SLUG = `
  select ${ARTICLE}, a.body, ${AUTHOR},
         exists (select from articles.favorites f
                  where f.user_id = $2 and f.published_at = a.created_at and f.article_id = a.id) as favorited,
         exists (select from social.follows f where f.follower_id = $2 and f.followee_id = a.author_id) as following
    from articles.articles a join identity.users u on u.id = a.author_id
   where a.slug = $1`;

export const TAGS = `
  select key as tag from (
    select key, total as n from articles.counters where kind = 'tag'
    union all
    select key, delta from articles.counter_deltas where kind = 'tag') counted
   group by key having sum(n) > 0 order by sum(n) desc, key limit 1000`;

export const PROFILE = 'select username, bio, image from identity.users where canonical_username = $1';

export const COMMENTS = `
  select c.id::int, c.created_at, c.updated_at, c.body, ${AUTHOR}
    from articles.articles a
    join comments.comments c on c.article_id = a.id
    join identity.users u on u.id = c.author_id
   where a.slug = $1
   order by c.created_at desc, c.id desc limit 1000`;
