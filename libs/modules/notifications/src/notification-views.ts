import { Injectable } from '@nestjs/common';
import { type Articles, ArticlesContract } from '@tearline/modules/articles/contract';
import { type Identity, IdentityContract } from '@tearline/modules/identity/contract';
import { currentCall, Seam } from '@tearline/seam';
import { cursorOf } from './cursor.js';
import type { ListNotifications, Notification, NotificationList } from './notification.schemas.js';
import { NotificationReads } from './notification-reads.js';
import type { NotificationRow } from './notification-row.js';

const MAX_ARTICLES = 100;
const MAX_USERS = 1_000;

/** Builds the notifications of the public API: the module's rows with their articles and actors. */
@Injectable()
export class NotificationViews {
  constructor(
    private readonly reads: NotificationReads,
    @Seam(ArticlesContract) private readonly articles: Articles,
    @Seam(IdentityContract) private readonly identity: Identity,
  ) {}

  async list(userId: number, { limit, cursor, unread }: ListNotifications): Promise<NotificationList> {
    const place = cursor ?? Number.MAX_SAFE_INTEGER;
    const [inbox, rows] = await Promise.all([
      this.reads.inbox(userId),
      this.reads.page(userId, { unread, place, limit: limit + 1 }),
    ]);
    const shown = rows.slice(0, limit);
    return {
      notifications: await this.of(shown),
      unreadCount: inbox.unread,
      nextCursor: rows.length > limit ? cursorOf(shown.at(-1)!.place) : null,
    };
  }

  /** Builds views of any number of rows, with one call to each module per page. */
  async of(rows: readonly NotificationRow[]): Promise<Notification[]> {
    // The articles and users of the rows were written before the rows, so the reads must see them.
    currentCall()?.consistency.requireStrong();
    const articleIds = distinct(rows.map(({ articleId }) => articleId).filter((id) => id !== 0));
    const userIds = distinct(rows.flatMap(({ actors }) => actors));
    const [articles, users] = await Promise.all([
      inBatches(articleIds, MAX_ARTICLES, (ids) => this.articles.summariesByIds({ ids })),
      inBatches(userIds, MAX_USERS, (ids) => this.identity.usersByIds({ ids })),
    ]);
    return rows.map((row) => {
      const article = articles.get(row.articleId);
      return {
        id: row.id,
        kind: row.kind,
        article: article ? { slug: article.slug, title: article.title } : null,
        actors: row.actors.flatMap((id) => {
          const user = users.get(id);
          return user ? [{ username: user.username, image: user.image }] : [];
        }),
        actorCount: row.actorCount,
        createdAt: row.createdAt.toISOString(),
        updatedAt: row.updatedAt.toISOString(),
        read: row.isRead,
      };
    });
  }
}

const distinct = (ids: readonly number[]) => [...new Set(ids)];

/** Calls with at most as many ids as the contract allows. */
async function inBatches<T extends { readonly id: number }>(
  ids: readonly number[],
  max: number,
  call: (ids: number[]) => Promise<readonly T[]>,
): Promise<Map<number, T>> {
  const parts = Array.from({ length: Math.ceil(ids.length / max) }, (_, index) =>
    call(ids.slice(index * max, (index + 1) * max)),
  );
  return new Map((await Promise.all(parts)).flat().map((one) => [one.id, one]));
}
