import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MailQueue } from '../email/mail-queue.js';
import { Changes } from '../inbox/changes.js';
import { takeNumbers } from '../inbox/take-numbers.js';
import type { Act } from './act.js';

/** The notification that an act goes to while it is unread, and whether the same actor is in it already. */
interface OpenGroup {
  isGone: boolean;
  id: number | null;
  knowsActor: boolean;
}

const FIND = `
  select exists (select from gone_articles where article_id = $3) as "isGone", n.id,
         exists (select from acts a where a.user_id = n.user_id and a.notification_id = n.id and a.actor_id = $4)
           as "knowsActor"
    from (select) one
    left join notifications n
      on n.kind = $2 and n.article_id = $3 and n.user_id = $1 and n.read_at is null and n.withdrawn_at is null`;

const OPEN = `
  with opened as (
    insert into notifications
      (user_id, id, place, seq, kind, article_id, actors, actor_count, created_at, updated_at)
    values ($1, $2, $2, $2, $3, $4, array[$5::bigint], 1, $7, $7)
  ), counted as (
    update inboxes set unread = unread + 1 where user_id = $1
  )
  insert into acts (user_id, notification_id, actor_id, subject, acted_at) values ($1, $2, $5, $6, $7)`;

const GROW = `
  with act as (
    insert into acts (user_id, notification_id, actor_id, subject, acted_at) values ($1, $2, $4, $5, $6)
    on conflict do nothing returning 1
  )
  update notifications
     set place = $3, seq = $3, updated_at = greatest(updated_at, $6), actor_count = actor_count + $7,
         actors = (array_prepend($4::bigint, array_remove(actors, $4::bigint)))[1:3]
   where user_id = $1 and id = $2 and exists (select from act)`;

const UNDO = `
  with undone as (
    delete from acts where user_id = $1 and notification_id = $2 and actor_id = $3 and subject = $4 returning 1
  )
  select exists (select from undone) as done,
         exists (select from acts where user_id = $1 and notification_id = $2 and actor_id = $3 and subject <> $4)
           as "actsOn"`;

const SHRINK = `
  update notifications
     set seq = $3, actor_count = actor_count - 1,
         actors = array(
           select actor_id from acts where user_id = $1 and notification_id = $2
            group by actor_id order by max(acted_at) desc, actor_id limit 3
         )
   where user_id = $1 and id = $2 and actor_count > 1
  returning id`;

const WITHDRAW = `
  with withdrawn as (
    update notifications set withdrawn_at = now(), seq = $3 where user_id = $1 and id = $2
  )
  update inboxes set unread = unread - 1 where user_id = $1`;

/**
 * Notifications of what several people may do: while one is unread, the next act of the same kind goes to it, and an
 * act that is undone leaves it. The last one takes the notification with it.
 */
@Injectable()
export class GroupsService {
  constructor(
    private readonly changes: Changes,
    private readonly mails: MailQueue,
  ) {}

  /** In the caller's transaction. Nobody is notified of what they did themselves. */
  async add(manager: EntityManager, act: Act, at: Date): Promise<void> {
    const { userId, kind, articleId, actorId, subject } = act;
    if (userId === actorId) return;
    const number = await takeNumbers(manager, userId);
    const { isGone, id, knowsActor } = await this.find(manager, act);
    if (isGone) return;
    if (id === null) {
      await manager.query(OPEN, [userId, number, kind, articleId, actorId, subject, at]);
      await this.mails.add(manager, { kind, articleId, userIds: [userId] });
    } else {
      await manager.query(GROW, [userId, id, number, actorId, subject, at, knowsActor ? 0 : 1]);
    }
    this.changes.note(manager, [userId]);
  }

  /** In the caller's transaction. What has been read stays as it was. */
  async undo(manager: EntityManager, act: Act): Promise<void> {
    const { userId, actorId, subject } = act;
    if (userId === actorId) return;
    const number = await takeNumbers(manager, userId);
    const { id } = await this.find(manager, act);
    if (id === null) return;
    const [undone] = await manager.query<{ done: boolean; actsOn: boolean }[]>(UNDO, [
      userId,
      id,
      actorId,
      subject,
    ]);
    if (!undone!.done || undone!.actsOn) return;
    const [shrunk] = await manager.query<[{ id: number }[], number]>(SHRINK, [userId, id, number]);
    if (shrunk.length === 0) await manager.query(WITHDRAW, [userId, id, number]);
    this.changes.note(manager, [userId]);
  }

  private async find(manager: EntityManager, { userId, kind, articleId, actorId }: Act): Promise<OpenGroup> {
    const [group] = await manager.query<OpenGroup[]>(FIND, [userId, kind, articleId, actorId]);
    return group!;
  }
}
