import { execute, statement } from '@tearline/database';
import type { EntityManager } from 'typeorm';

/** Followers per transaction. */
export const BATCH_SIZE = 1_000;

/** A published article. */
export interface Publication {
  readonly articleId: number;
  readonly authorId: number;
  readonly publishedAt: Date;
}

const NOTIFY = statement<never>(
  'notifications.notifyFollowers',
  `
  with raised as (
    insert into inboxes as i (user_id, last, unread)
    select user_id, 1, 1 from unnest($1::bigint[]) as followers (user_id) order by user_id
    on conflict (user_id) do update set last = i.last + 1, unread = i.unread + 1
    returning user_id, last
  )
  insert into notifications
    (user_id, id, place, seq, kind, article_id, actors, actor_count, created_at, updated_at)
  select user_id, last, last, last, 'publish', $2::bigint, array[$3::bigint], 1, $4::timestamptz, $4::timestamptz
    from raised`,
);

/** Adds a notification for each follower. Users are locked in ascending order, as everywhere. */
export async function notifyFollowers(
  manager: EntityManager,
  { articleId, authorId, publishedAt }: Publication,
  followers: readonly number[],
): Promise<void> {
  await execute(manager, NOTIFY, [followers, articleId, authorId, publishedAt]);
}
