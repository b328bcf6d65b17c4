import { Injectable } from '@nestjs/common';
import { ArticleFavorited, ArticleUnfavorited } from '@tearline/modules/articles/contract';
import { CommentCreated, CommentDeleted } from '@tearline/modules/comments/contract';
import { type Message, OnEvent, Subscriber } from '@tearline/events';
import type { PayloadOf } from '@tearline/seam';
import { Followed, Unfollowed } from '@tearline/modules/social/contract';
import type { EntityManager } from 'typeorm';
import { type Activity, GroupsService } from './groups.service.js';

/** Turns events into activities, and takes them back. */
@Subscriber('notifications')
@Injectable()
export class ActivitySubscriber {
  constructor(private readonly groups: GroupsService) {}

  @OnEvent(Followed)
  followed({ payload, at }: Message<typeof Followed>, manager: EntityManager): Promise<void> {
    return this.groups.add(manager, follow(payload), at);
  }

  @OnEvent(Unfollowed)
  unfollowed({ payload }: Message<typeof Unfollowed>, manager: EntityManager): Promise<void> {
    return this.groups.undo(manager, follow(payload));
  }

  @OnEvent(ArticleFavorited)
  favorited({ payload, at }: Message<typeof ArticleFavorited>, manager: EntityManager): Promise<void> {
    return this.groups.add(manager, favorite(payload), at);
  }

  @OnEvent(ArticleUnfavorited)
  unfavorited({ payload }: Message<typeof ArticleUnfavorited>, manager: EntityManager): Promise<void> {
    return this.groups.undo(manager, favorite(payload));
  }

  @OnEvent(CommentCreated)
  commented({ payload, at }: Message<typeof CommentCreated>, manager: EntityManager): Promise<void> {
    return this.groups.add(manager, comment(payload), at);
  }

  @OnEvent(CommentDeleted)
  uncommented({ payload }: Message<typeof CommentDeleted>, manager: EntityManager): Promise<void> {
    return this.groups.undo(manager, comment(payload));
  }
}

function follow({ followerId, followeeId }: PayloadOf<typeof Followed>): Activity {
  return { userId: followeeId, kind: 'follow', articleId: 0, actorId: followerId, subject: 0 };
}

function favorite({ articleId, authorId, userId }: PayloadOf<typeof ArticleFavorited>): Activity {
  return { userId: authorId, kind: 'favorite', articleId, actorId: userId, subject: 0 };
}

function comment({
  commentId,
  articleId,
  articleAuthorId,
  authorId,
}: PayloadOf<typeof CommentCreated>): Activity {
  return { userId: articleAuthorId, kind: 'comment', articleId, actorId: authorId, subject: commentId };
}
