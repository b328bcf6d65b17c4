import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { REQUEUE, OnJob, type RunningJob, Subscriber } from '@tearline/events';
import { Seam } from '@tearline/seam';
import { type Social, SocialContract } from '@tearline/modules/social/contract';
import type { DataSource, EntityManager } from 'typeorm';
import { MailQueue } from '../email/mail-queue.js';
import { Changes } from '../inbox/changes.js';
import { Fanout } from './fanout.job.js';
import { BATCH, tellFollowers } from './tell-followers.js';

/** A fan-out that takes longer lets the others of its queue have a turn. */
const SLICE_MS = 1_000;

interface FanoutRow {
  authorId: number;
  publishedAt: Date;
  toldUpTo: number;
  withdrawing: boolean;
}

const ROW = `
  select author_id as "authorId", published_at as "publishedAt", told_up_to as "toldUpTo", withdrawing
    from fanouts where article_id = $1`;

const LOCK_TOLD = `
  select user_id as "userId" from inboxes
   where user_id in (
     select user_id from notifications
      where kind = 'publish' and article_id = $1 and read_at is null and withdrawn_at is null
      order by user_id limit ${BATCH}
   )
   order by user_id for update`;

const TAKE_BACK = `
  with withdrawn as (
    update notifications n set withdrawn_at = now(), seq = i.last + 1
      from inboxes i
     where i.user_id = n.user_id and n.kind = 'publish' and n.article_id = $2 and n.user_id = any($1::bigint[])
       and n.read_at is null and n.withdrawn_at is null
    returning n.user_id
  )
  update inboxes i set last = last + 1, unread = unread - 1 from withdrawn w where i.user_id = w.user_id`;

/**
 * Tells followers in batches. Each is one transaction with the mark of how far the fan-out has come, so that one that
 * is broken off goes on where it was, and nobody is told twice. Users are locked in ascending order everywhere.
 */
@Subscriber('notifications')
@Injectable()
export class Fanouts {
  constructor(
    @InjectDataSource('notifications') private readonly database: DataSource,
    @Seam(SocialContract) private readonly social: Social,
    private readonly changes: Changes,
    private readonly mails: MailQueue,
  ) {}

  @OnJob(Fanout)
  async work(
    { articleId }: { readonly articleId: number },
    { signal }: RunningJob,
  ): Promise<void | typeof REQUEUE> {
    const until = performance.now() + SLICE_MS;
    while (await this.batch(articleId)) if (performance.now() > until || signal.aborted) return REQUEUE;
  }

  /** @returns whether there is more to do */
  private async batch(articleId: number): Promise<boolean> {
    const [fanout] = await this.database.query<FanoutRow[]>(ROW, [articleId]);
    if (!fanout) return false;
    if (fanout.withdrawing) return this.database.transaction((manager) => this.takeBack(manager, articleId));
    const { authorId, toldUpTo } = fanout;
    const followers = await this.social.followersOf({ followee: authorId, after: toldUpTo, limit: BATCH });
    return this.database.transaction((manager) => this.tell(manager, articleId, toldUpTo, followers));
  }

  private async tell(
    manager: EntityManager,
    articleId: number,
    after: number,
    followers: readonly number[],
  ): Promise<boolean> {
    const [fanout] = await manager.query<FanoutRow[]>(`${ROW} for update`, [articleId]);
    // Somebody else was quicker, or the article is gone: the next turn sees.
    if (fanout?.toldUpTo !== after || fanout.withdrawing) return fanout !== undefined;
    if (followers.length > 0) {
      await tellFollowers(manager, { articleId, ...fanout }, followers);
      await this.mails.add(manager, { kind: 'publish', articleId, userIds: followers });
      this.changes.note(manager, followers);
    }
    if (followers.length < BATCH) return end(manager, articleId);
    await manager.query('update fanouts set told_up_to = $2 where article_id = $1', [
      articleId,
      followers.at(-1),
    ]);
    return true;
  }

  private async takeBack(manager: EntityManager, articleId: number): Promise<boolean> {
    await manager.query(`${ROW} for update`, [articleId]);
    const told = await manager.query<{ userId: number }[]>(LOCK_TOLD, [articleId]);
    if (told.length === 0) return end(manager, articleId);
    const users = told.map(({ userId }) => userId);
    await manager.query(TAKE_BACK, [users, articleId]);
    this.changes.note(manager, users);
    return true;
  }
}

async function end(manager: EntityManager, articleId: number): Promise<false> {
  await manager.query('delete from fanouts where article_id = $1', [articleId]);
  return false;
}
