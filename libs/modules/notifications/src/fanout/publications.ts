import { Injectable } from '@nestjs/common';
import { ArticleDeleted, ArticlePublished } from '@tearline/modules/articles/contract';
import { InjectOutbox, type Message, OnEvent, Outbox, Subscriber } from '@tearline/events';
import { Seam } from '@tearline/seam';
import { type Social, SocialContract } from '@tearline/modules/social/contract';
import type { EntityManager } from 'typeorm';
import { MailQueue } from '../email/mail-queue.js';
import { Changes } from '../inbox/changes.js';
import { takeNumbers } from '../inbox/take-numbers.js';
import { Fanout } from './fanout.job.js';
import { BATCH, tellFollowers } from './tell-followers.js';

const WITHDRAW_FROM_AUTHOR = `
  with withdrawn as (
    update notifications set withdrawn_at = now(), seq = $3 + (kind = 'comment')::int
     where kind in ('favorite', 'comment') and article_id = $2 and user_id = $1
       and read_at is null and withdrawn_at is null
    returning id
  )
  update inboxes set unread = unread - (select count(*) from withdrawn)::int where user_id = $1`;

const IS_TOLD = `
  select 1 from fanouts where article_id = $1
  union all
  select 1 from notifications where kind = 'publish' and article_id = $1 and read_at is null and withdrawn_at is null
  limit 1`;

/** Articles that come and go. What concerns more followers than one transaction should is left to a job. */
@Subscriber('notifications')
@Injectable()
export class Publications {
  constructor(
    @InjectOutbox('notifications') private readonly outbox: Outbox,
    @Seam(SocialContract) private readonly social: Social,
    private readonly changes: Changes,
    private readonly mails: MailQueue,
  ) {}

  @OnEvent(ArticlePublished)
  async published({ payload, at }: Message<typeof ArticlePublished>, manager: EntityManager): Promise<void> {
    const { articleId, authorId } = payload;
    const followers = await this.social.followersOf({ followee: authorId, after: 0, limit: BATCH });
    if (followers.length === 0) return;
    if (followers.length < BATCH) {
      await tellFollowers(manager, { articleId, authorId, publishedAt: at }, followers);
      await this.mails.add(manager, { kind: 'publish', articleId, userIds: followers });
      this.changes.note(manager, followers);
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
    if ((await manager.query<unknown[]>(IS_TOLD, [articleId])).length > 0)
      await this.takeBack(manager, payload);
    // Two numbers, since an author may have two kinds of notifications of an article. Whoever notifies the author
    // waits here, and then finds the article gone.
    const number = await takeNumbers(manager, authorId, 2);
    await manager.query('insert into gone_articles (article_id) values ($1) on conflict do nothing', [
      articleId,
    ]);
    await manager.query(WITHDRAW_FROM_AUTHOR, [authorId, articleId, number]);
    this.changes.note(manager, [authorId]);
  }

  private async takeBack(
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
