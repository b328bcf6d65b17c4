import { statement } from '@tearline/database';
import { counterInserts } from './counters.js';

/** An article that was inserted. */
export interface NewArticle {
  readonly id: number;
  readonly createdAt: Date;
}

/**
 * Inserts an article, its tags, its counter deltas, its events and its purges: one statement, and so one transaction.
 * $1 to $6 are slug, title, description, body, tags and author; $7 to $10 the envelope of its publication; $11 to $14 the envelope
 * of the change of its media, and $15 these, or null; $16 to $18 the purge.
 */
export const PUBLISH = statement<NewArticle>(
  'articles.publish',
  `
  with not_before_last as materialized (
    -- Lists are by this time, then by id, and a clock may go back.
    select greatest(now(), max(created_at)) as moment from articles
  ), created as (
    insert into articles (slug, title, description, body, tag_list, author_id, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, (select moment from not_before_last), (select moment from not_before_last))
    returning id, created_at
  ), tagged as (
    insert into article_tags (tag, published_at, article_id, author_id)
    select tag, created_at, id, $6::bigint from created, unnest($5::text[]) as tag
  ), counted as (
    ${counterInserts({ kinds: "'{all,author}'::text[]", keys: "array['', $6::bigint::text]", tags: '$5::text[]', delta: '1' })}
  ), event as (
    select append_event($7, 'article/' || id, $8, $9,
      jsonb_build_object('articleId', id, 'authorId', $6::bigint, 'slug', $1::text, 'title', $2::text), $10)
    from created
  ), media as (
    -- After the publication, in the order of the article's events.
    select append_event($11, 'article/' || id, $12, $13, jsonb_build_object('articleId', id, 'media', $15::jsonb), $14)
    from created, event where $15::jsonb is not null
  ), purge as (
    insert into purges (edge, id, keys) select unnest($16::text[]), $17::uuid, $18 from created
  )
  select id, created_at as "createdAt" from created left join event on true left join media on true`,
);
