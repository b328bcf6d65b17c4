import { Injectable } from '@nestjs/common';
import { ArticleDeleted, ArticlePublished } from '@tearline/modules/articles/contract';
import { InjectOutbox, type Message, OnEvent, Outbox, Subscriber } from '@tearline/events';
import { Seam } from '@tearline/seam';
import { type Social, SocialContract } from '@tearline/modules/social/contract';
import type { EntityManager } from 'typeorm';
import { EmailQueue } from '../email/email-queue.js';
import { InboxChanges } from '../inbox/inbox-changes.js';
import { allocateSequence } from '../inbox/allocate-sequence.js';
import { Fanout } from './fanout.worker.js';
import { BATCH_SIZE, notifyFollowers } from './notify-followers.js';

const WITHDRAW_FROM_AUTHOR = `
  with withdrawn as (
    update notifications set withdrawn_at = now(), seq = $3 + (kind = 'comment')::int
     where kind in ('favorite', 'comment') and article_id = $2 and user_id = $1
       and read_at is null and withdrawn_at is null
    returning id
  )
  update inboxes set unread = unread - (select count(*) from withdrawn)::int where user_id = $1`;

const IS_ANNOUNCED = `
  select 1 from fanouts where article_id = $1
  union all
  select 1 from notifications where kind = 'publish' and article_id = $1 and read_at is null and withdrawn_at is null
  limit 1`;

/** Notifies followers of published articles and withdraws the notifications of deleted ones; large fan-outs become jobs. */
@Subscriber('notifications')
@Injectable()
export class PublicationsSubscriber {
  constructor(
    @InjectOutbox('notifications') private readonly outbox: Outbox,
    @Seam(SocialContract) private readonly social: Social,
    private readonly changes: InboxChanges,
    private readonly mails: EmailQueue,
  ) {}

  @OnEvent(ArticlePublished)
  async published({ payload, at }: Message<typeof ArticlePublished>, manager: EntityManager): Promise<void> {
    const { articleId, authorId } = payload;
    const followers = await this.social.followersOf({ followee: authorId, after: 0, limit: BATCH_SIZE });
    if (followers.length === 0) return;
    if (followers.length < BATCH_SIZE) {
      await notifyFollowers(manager, { articleId, authorId, publishedAt: at }, followers);
      await this.mails.add(manager, { kind: 'publish', articleId, userIds: followers });
      this.changes.add(manager, followers);
      return;
    }
    await manager.query(
      'insert into fanouts (article_id, author_id, published_at) values ($1, $2, $3) on conflict do nothing',
      [articleId, authorId, at],
    );
    await this.outbox.enqueue(manager, Fanout, { articleId });
  }

  @OnEvent(ArticleDeleted)
  async deleted({ payload }: Message<typeof ArticleDeleted>, manager: EntityManager): Promise<void> {
    const { articleId, authorId } = payload;
    if ((await manager.query<unknown[]>(IS_ANNOUNCED, [articleId])).length > 0)
      await this.withdraw(manager, payload);
    // Two numbers, for the two kinds of notifications that an author may have of an article. The lock makes concurrent
    // activities wait, and then find the article deleted.
    const seq = await allocateSequence(manager, authorId, 2);
    await manager.query('insert into gone_articles (article_id) values ($1) on conflict do nothing', [
      articleId,
    ]);
    await manager.query(WITHDRAW_FROM_AUTHOR, [authorId, articleId, seq]);
    this.changes.add(manager, [authorId]);
  }

  private async withdraw(
    manager: EntityManager,
    { articleId, authorId }: { articleId: number; authorId: number },
  ): Promise<void> {
    await manager.query(
      `insert into fanouts (article_id, author_id, withdrawing) values ($1, $2, true)
       on conflict (article_id) do update set withdrawing = true`,
      [articleId, authorId],
    );
    await this.outbox.enqueue(manager, Fanout, { articleId });
  }
}
