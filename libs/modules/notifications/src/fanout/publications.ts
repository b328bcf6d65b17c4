import { Injectable } from '@nestjs/common';
import { ArticleDeleted, ArticlePublished } from '@tearline/articles/contract';
import { InjectOutbox, type Message, OnEvent, Outbox, Subscriber } from '@tearline/events';
import type { EntityManager } from 'typeorm';
import { Changes } from '../inbox/changes.js';
import { takeNumbers } from '../inbox/take-numbers.js';
import { Fanout } from './fanout.job.js';

const WITHDRAW_FROM_AUTHOR = `
  with withdrawn as (
    update notifications set withdrawn_at = now(), seq = $3 + (kind = 'comment')::int
     where kind in ('favorite', 'comment') and article_id = $2 and user_id = $1
       and read_at is null and withdrawn_at is null
    returning id
  )
  update inboxes set unread = unread - (select count(*) from withdrawn)::int where user_id = $1`;

/** Articles that come and go. What concerns an author's followers is left to a job. */
@Subscriber('notifications')
@Injectable()
export class Publications {
  constructor(
    @InjectOutbox('notifications') private readonly outbox: Outbox,
    private readonly changes: Changes,
  ) {}

  @OnEvent(ArticlePublished)
  async published({ payload, at }: Message<typeof ArticlePublished>, manager: EntityManager): Promise<void> {
    const { articleId, authorId } = payload;
    await manager.query(
      'insert into fanouts (article_id, author_id, published_at) values ($1, $2, $3) on conflict do nothing',
      [articleId, authorId, at],
    );
    await this.outbox.add(manager, Fanout, { articleId });
  }

  @OnEvent(ArticleDeleted)
  async deleted({ payload }: Message<typeof ArticleDeleted>, manager: EntityManager): Promise<void> {
    const { articleId, authorId } = payload;
    await manager.query(
      `insert into fanouts (article_id, author_id, withdrawing) values ($1, $2, true)
       on conflict (article_id) do update set withdrawing = true`,
      [articleId, authorId],
    );
    await this.outbox.add(manager, Fanout, { articleId });
    // Two numbers, since an author may have two kinds of notifications of an article. Whoever notifies the author
    // waits here, and then finds the article gone.
    const number = await takeNumbers(manager, authorId, 2);
    await manager.query('insert into gone_articles (article_id) values ($1) on conflict do nothing', [
      articleId,
    ]);
    await manager.query(WITHDRAW_FROM_AUTHOR, [authorId, articleId, number]);
    this.changes.note(manager, [authorId]);
  }
}
