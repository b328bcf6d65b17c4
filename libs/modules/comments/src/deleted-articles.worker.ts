import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { ArticleDeleted } from '@tearline/modules/articles/contract';
import {
  REQUEUE,
  InjectOutbox,
  job,
  type JobPayloadOf,
  type Message,
  OnEvent,
  OnJob,
  Outbox,
  type RunningJob,
  Subscriber,
} from '@tearline/events';
import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';

const BATCH_SIZE = 1_000;
/** Longer than any request lives, so that the job also finds a comment whose creation raced with the deletion. */
const GRACE_PERIOD_MS = 60_000;

const DELETE_BATCH = `
  delete from comments where id = any(array(select id from comments where article_id = $1 limit ${BATCH_SIZE}))`;

const DeleteComments = job('comments.deletion', { payload: z.object({ articleId: z.int().positive() }) });

/** Deletes the comments of deleted articles. They are unreachable at once, since every request resolves the article first. */
@Subscriber('comments')
@Injectable()
export class DeletedArticlesWorker {
  constructor(
    @InjectDataSource('comments') private readonly database: DataSource,
    @InjectOutbox('comments') private readonly outbox: Outbox,
  ) {}

  @OnEvent(ArticleDeleted)
  async articleDeleted({ payload }: Message<typeof ArticleDeleted>, manager: EntityManager): Promise<void> {
    const { articleId } = payload;
    await this.outbox.enqueue(manager, DeleteComments, { articleId }, { delayMs: GRACE_PERIOD_MS });
  }

  @OnJob(DeleteComments)
  async deleteComments(
    { articleId }: JobPayloadOf<typeof DeleteComments>,
    { signal }: RunningJob,
  ): Promise<void | typeof REQUEUE> {
    let deleted: number;
    do {
      if (signal.aborted) return REQUEUE;
      [, deleted] = await this.database.query<[unknown, number]>(DELETE_BATCH, [articleId]);
    } while (deleted === BATCH_SIZE);
  }
}
