import { Injectable } from '@nestjs/common';
import { execute, statement } from '@tearline/database';
import type { EntityManager } from 'typeorm';
import { EmailQueue } from '../email/email-queue.js';
import { InboxChanges } from '../inbox/inbox-changes.js';
import { allocateSequence } from '../inbox/allocate-sequence.js';
import type { Kind } from '../notification-row.js';

/** An action of a user that another user is notified of. */
export interface Activity {
  /** The user who is notified. */
  userId: number;
  kind: Exclude<Kind, 'publish'>;
  /** 0 for none. */
  articleId: number;
  actorId: number;
  /** Distinguishes activities of one actor: the comment's id, or 0. */
  subject: number;
}

/** The unread notification that an activity is added to. */
interface OpenGroup {
  isDeleted: boolean;
  id: number | null;
  hasActor: boolean;
}

const FIND = statement<OpenGroup>(
  'notifications.findGroup',
  `
  select exists (select from gone_articles where article_id = $3) as "isDeleted", n.id,
         exists (select from activities a where a.user_id = n.user_id and a.notification_id = n.id and a.actor_id = $4)
           as "hasActor"
    from (select) one
    left join notifications n
      on n.kind = $2 and n.article_id = $3 and n.user_id = $1 and n.read_at is null and n.withdrawn_at is null`,
);

const OPEN = statement<never>(
  'notifications.openGroup',
  `
  with opened as (
    insert into notifications
      (user_id, id, place, seq, kind, article_id, actors, actor_count, created_at, updated_at)
    values ($1, $2, $2, $2, $3, $4, array[$5::bigint], 1, $7, $7)
  ), counted as (
    update inboxes set unread = unread + 1 where user_id = $1
  )
  insert into activities (user_id, notification_id, actor_id, subject, occurred_at) values ($1, $2, $5, $6, $7)`,
);

const GROW = statement<never>(
  'notifications.growGroup',
  `
  with added as (
    insert into activities (user_id, notification_id, actor_id, subject, occurred_at) values ($1, $2, $4, $5, $6)
    on conflict do nothing returning 1
  )
  update notifications
     set place = $3, seq = $3, updated_at = greatest(updated_at, $6), actor_count = actor_count + $7,
         actors = (array_prepend($4::bigint, array_remove(actors, $4::bigint)))[1:3]
   where user_id = $1 and id = $2 and exists (select from added)`,
);

/** Removes the activity; and, if it was the actor's last one there, the actor, or the notification with its last actor. */
const UNDO = statement<{ isChanged: boolean }>(
  'notifications.undoGroup',
  `
  with undone as (
    delete from activities where user_id = $1 and notification_id = $2 and actor_id = $3 and subject = $4 returning 1
  ), changed as (
    update notifications
       set seq = $5, actor_count = actor_count - (actor_count > 1)::int,
           withdrawn_at = case when actor_count = 1 then now() end,
           actors = case when actor_count = 1 then actors else array(
             select actor_id from activities where user_id = $1 and notification_id = $2 and actor_id <> $3
              group by actor_id order by max(occurred_at) desc, actor_id limit 3
           ) end
     where user_id = $1 and id = $2 and exists (select from undone) and not exists (
       select from activities where user_id = $1 and notification_id = $2 and actor_id = $3 and subject <> $4
     )
    returning withdrawn_at
  ), counted as (
    update inboxes set unread = unread - 1
     where user_id = $1 and exists (select from changed where withdrawn_at is not null)
  )
  select exists (select from changed) as "isChanged"`,
);

/**
 * Groups activities into notifications: while a notification is unread, further activities of its kind and article are added
 * to it, and undone ones are removed. It is withdrawn with its last activity.
 */
@Injectable()
export class GroupsService {
  constructor(
    private readonly changes: InboxChanges,
    private readonly mails: EmailQueue,
  ) {}

  /** Adds an activity in the caller's transaction. Users are not notified of their own activities. */
  async add(manager: EntityManager, activity: Activity, at: Date): Promise<void> {
    const { userId, kind, articleId, actorId, subject } = activity;
    if (userId === actorId) return;
    const seq = await allocateSequence(manager, userId);
    const { isDeleted, id, hasActor } = await this.find(manager, activity);
    if (isDeleted) return;
    if (id === null) {
      await execute(manager, OPEN, [userId, seq, kind, articleId, actorId, subject, at]);
      await this.mails.add(manager, { kind, articleId, userIds: [userId] });
    } else {
      await execute(manager, GROW, [userId, id, seq, actorId, subject, at, hasActor ? 0 : 1]);
    }
    this.changes.add(manager, [userId]);
  }

  /** Removes an activity in the caller's transaction. Read notifications stay unchanged. */
  async undo(manager: EntityManager, activity: Activity): Promise<void> {
    const { userId, actorId, subject } = activity;
    if (userId === actorId) return;
    const seq = await allocateSequence(manager, userId);
    const { id } = await this.find(manager, activity);
    if (id === null) return;
    const [undone] = await execute(manager, UNDO, [userId, id, actorId, subject, seq]);
    if (!undone!.isChanged) return;
    this.changes.add(manager, [userId]);
  }

  private async find(
    manager: EntityManager,
    { userId, kind, articleId, actorId }: Activity,
  ): Promise<OpenGroup> {
    const [group] = await execute(manager, FIND, [userId, kind, articleId, actorId]);
    return group!;
  }
}
