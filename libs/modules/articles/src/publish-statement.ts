import { counterInserts } from './counters.js';

/**
 * Inserts an article, its tags, its counter deltas and its event in one round trip.
 * $1 to $6 are slug, title, description, body, tags and author; $7 to $10 the event's envelope.
 */
export const PUBLISH = `
  with created as (
    insert into articles (slug, title, description, body, tag_list, author_id) values ($1, $2, $3, $4, $5, $6)
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
  )
  select id, created_at as "createdAt" from created left join event on true`;
