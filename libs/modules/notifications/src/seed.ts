import { ArticleFavorited, ArticlePublished } from '@tearline/modules/articles/contract';
import { CommentCreated } from '@tearline/modules/comments/contract';
import type { SeedContext, SeedFunction } from '@tearline/database';
import { Followed } from '@tearline/modules/social/contract';
import type { Kind } from './notification-row.js';

/** An action of a user that another user is notified of. */
interface Activity {
  readonly userId: number;
  readonly kind: Kind;
  /** 0 for none. */
  readonly articleId: number;
  readonly actorId: number;
  readonly subject: number;
  readonly at: Date;
}

/** The activities of one kind and article, the oldest first. */
type Group = readonly Activity[];

/** Announcements have a row for each follower. */
const ANNOUNCED_ARTICLES = 30;
/** The newest notifications of a user are unread. */
const UNREAD = 5;
const BATCH_SIZE = 1_000;

const OPEN_INBOXES = `
  insert into inboxes as i (user_id, last, unread)
  select user_id, added, unread from unnest($1::bigint[], $2::int[], $3::int[]) as added (user_id, added, unread)
   order by user_id
  on conflict (user_id) do update set last = i.last + excluded.last, unread = i.unread + excluded.unread
  returning user_id as "userId", last`;

const INSERT = `
  insert into notifications
    (user_id, id, place, seq, kind, article_id, actors, actor_count, created_at, updated_at, read_at)
  select "userId", id, id, id, kind, "articleId", actors, "actorCount", "createdAt", "updatedAt",
         case when "isRead" then now() end
    from json_to_recordset($1) as n ("userId" int8, id int8, kind text, "articleId" int8, actors int8[],
      "actorCount" int, "createdAt" timestamptz, "updatedAt" timestamptz, "isRead" bool)`;

const INSERT_ACTIVITIES = `
  insert into activities (user_id, notification_id, actor_id, subject, occurred_at)
  select "userId", id, "actorId", subject, at
    from json_to_recordset($1) as a ("userId" int8, id int8, "actorId" int8, subject int8, at timestamptz)`;

/** Seeds the inboxes that the latest follows, articles, favorites and comments of the sample data fill. */
export const seed: SeedFunction = async (context) => {
  const inboxes = inboxesOf(activities(context));
  const sizes = [...inboxes.values()].map(({ length }) => length);
  if (sizes.length === 0) return undefined;
  const opened = await context.query<{ userId: number; last: number }>(OPEN_INBOXES, [
    [...inboxes.keys()],
    sizes,
    sizes.map((size) => Math.min(UNREAD, size)),
  ]);
  const rows = opened.flatMap(({ userId, last }) => {
    const groups = inboxes.get(userId)!;
    return groups.map((group, place) => ({
      group,
      id: last - groups.length + 1 + place,
      isRead: place < groups.length - UNREAD,
    }));
  });
  for (let done = 0; done < rows.length; done += BATCH_SIZE) {
    const batch = rows.slice(done, done + BATCH_SIZE);
    await context.query(INSERT, [JSON.stringify(batch.map(rowOf))]);
    const added = batch.flatMap(({ group, id }) =>
      // The followers who are notified of an article are no actors that could take it back.
      group.filter(({ kind }) => kind !== 'publish').map((activity) => ({ ...activity, id })),
    );
    await context.query(INSERT_ACTIVITIES, [JSON.stringify(added)]);
    context.progress(done + batch.length, rows.length);
  }
  return undefined;
};

function activities(context: SeedContext): Activity[] {
  const follows = context.emitted(Followed);
  const followersOf = Map.groupBy(follows, ({ payload }) => payload.followeeId);
  const none = { articleId: 0, subject: 0 };
  return [
    ...follows.map(({ payload: { followeeId, followerId }, at }) => ({
      ...none,
      userId: followeeId,
      kind: 'follow' as const,
      actorId: followerId,
      at,
    })),
    ...context.emitted(ArticleFavorited).map(({ payload: { articleId, authorId, userId }, at }) => ({
      ...none,
      userId: authorId,
      kind: 'favorite' as const,
      articleId,
      actorId: userId,
      at,
    })),
    ...context
      .emitted(CommentCreated)
      .map(({ payload: { articleId, articleAuthorId, authorId, commentId }, at }) => ({
        userId: articleAuthorId,
        kind: 'comment' as const,
        articleId,
        actorId: authorId,
        subject: commentId,
        at,
      })),
    ...context
      .emitted(ArticlePublished)
      .slice(-ANNOUNCED_ARTICLES)
      .flatMap(({ payload: { articleId, authorId }, at }) =>
        (followersOf.get(authorId) ?? []).map(({ payload: { followerId } }) => ({
          ...none,
          userId: followerId,
          kind: 'publish' as const,
          articleId,
          actorId: authorId,
          at,
        })),
      ),
  ].filter(({ userId, actorId }) => userId !== actorId);
}

/** Returns each user's groups, the one with the latest activity last. */
function inboxesOf(all: readonly Activity[]): Map<number, Group[]> {
  const ordered = all.toSorted((one, other) => +one.at - +other.at);
  const groups = Map.groupBy(ordered, ({ userId, kind, articleId }) => `${userId} ${kind} ${articleId}`);
  const latestLast = [...groups.values()].toSorted((one, other) => +one.at(-1)!.at - +other.at(-1)!.at);
  return Map.groupBy(latestLast, ([first]) => first!.userId);
}

function rowOf({ group, id, isRead }: { group: Group; id: number; isRead: boolean }) {
  const [first] = group;
  const { userId, kind, articleId, at } = first!;
  const actors = [...new Set(group.map(({ actorId }) => actorId).toReversed())];
  return {
    userId,
    id,
    kind,
    articleId,
    actors: actors.slice(0, 3),
    actorCount: actors.length,
    createdAt: at,
    updatedAt: group.at(-1)!.at,
    isRead,
  };
}
