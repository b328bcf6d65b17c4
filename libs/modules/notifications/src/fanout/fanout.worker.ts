import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { job, OnJob, REQUEUE, type RunningJob, Subscriber } from '@tearline/events';
import { Seam } from '@tearline/seam';
import { type Social, SocialContract } from '@tearline/modules/social/contract';
import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import { EmailQueue } from '../email/email-queue.js';
import { InboxChanges } from '../inbox/inbox-changes.js';
import { BATCH_SIZE, notifyFollowers } from './notify-followers.js';

/** Notifies an author's followers of an article, or withdraws these notifications. */
export const Fanout = job('notifications.fanout', { payload: z.object({ articleId: z.int().positive() }) });

/** A longer fan-out is requeued behind the others. */
const MAX_SLICE_MS = 1_000;

interface FanoutRow {
  authorId: number;
  publishedAt: Date;
  notifiedUpTo: number;
  withdrawing: boolean;
}

const ROW = `
  select author_id as "authorId", published_at as "publishedAt", notified_up_to as "notifiedUpTo", withdrawing
    from fanouts where article_id = $1`;

const LOCK_NOTIFIED = `
  select user_id as "userId" from inboxes
   where user_id in (
     select user_id from notifications
      where kind = 'publish' and article_id = $1 and read_at is null and withdrawn_at is null
      order by user_id limit ${BATCH_SIZE}
   )
   order by user_id for update`;

const WITHDRAW = `
  with withdrawn as (
    update notifications n set withdrawn_at = now(), seq = i.last + 1
      from inboxes i
     where i.user_id = n.user_id and n.kind = 'publish' and n.article_id = $2 and n.user_id = any($1::bigint[])
       and n.read_at is null and n.withdrawn_at is null
    returning n.user_id
  )
  update inboxes i set last = last + 1, unread = unread - 1 from withdrawn w where i.user_id = w.user_id`;

/**
 * Notifies followers in batches. The transaction of a batch also stores the fan-out's progress, so that an interrupted fan-out
 * resumes there and notifies each follower once. Users are locked in ascending order everywhere.
 */
@Subscriber('notifications')
@Injectable()
export class FanoutWorker {
  constructor(
    @InjectDataSource('notifications') private readonly database: DataSource,
    @Seam(SocialContract) private readonly social: Social,
    private readonly changes: InboxChanges,
    private readonly mails: EmailQueue,
  ) {}

  @OnJob(Fanout)
  async run(
    { articleId }: { readonly articleId: number },
    { signal }: RunningJob,
  ): Promise<void | typeof REQUEUE> {
    const until = performance.now() + MAX_SLICE_MS;
    while (await this.batch(articleId)) if (performance.now() > until || signal.aborted) return REQUEUE;
  }

  /** @returns whether there is more to do */
  private async batch(articleId: number): Promise<boolean> {
    const [fanout] = await this.database.query<FanoutRow[]>(ROW, [articleId]);
    if (!fanout) return false;
    if (fanout.withdrawing) return this.database.transaction((manager) => this.withdraw(manager, articleId));
    const { authorId, notifiedUpTo } = fanout;
    const followers = await this.social.followersOf({
      followee: authorId,
      after: notifiedUpTo,
      limit: BATCH_SIZE,
    });
    return this.database.transaction((manager) => this.notify(manager, articleId, notifiedUpTo, followers));
  }

  private async notify(
    manager: EntityManager,
    articleId: number,
    after: number,
    followers: readonly number[],
  ): Promise<boolean> {
    const [fanout] = await manager.query<FanoutRow[]>(`${ROW} for update`, [articleId]);
    // Another worker was faster, or the article was deleted: the next batch reads the current state.
    if (fanout?.notifiedUpTo !== after || fanout.withdrawing) return fanout !== undefined;
    if (followers.length > 0) {
      await notifyFollowers(manager, { articleId, ...fanout }, followers);
      await this.mails.add(manager, { kind: 'publish', articleId, userIds: followers });
      this.changes.add(manager, followers);
    }
    if (followers.length < BATCH_SIZE) return finish(manager, articleId);
    await manager.query('update fanouts set notified_up_to = $2 where article_id = $1', [
      articleId,
      followers.at(-1),
    ]);
    return true;
  }

  private async withdraw(manager: EntityManager, articleId: number): Promise<boolean> {
    await manager.query(`${ROW} for update`, [articleId]);
    const notified = await manager.query<{ userId: number }[]>(LOCK_NOTIFIED, [articleId]);
    if (notified.length === 0) return finish(manager, articleId);
    const users = notified.map(({ userId }) => userId);
    await manager.query(WITHDRAW, [users, articleId]);
    this.changes.add(manager, users);
    return true;
  }
}

async function finish(manager: EntityManager, articleId: number): Promise<false> {
  await manager.query('delete from fanouts where article_id = $1', [articleId]);
  return false;
}
