import { Injectable } from '@nestjs/common';
import { type Articles, ArticlesContract } from '@tearline/modules/articles/contract';
import { type Identity, IdentityContract } from '@tearline/modules/identity/contract';
import { cursorOf, withinPageSize } from '@tearline/host';
import { currentCall, Seam } from '@tearline/seam';
import type { ListNotifications, Notification, NotificationList } from './notification.schemas.js';
import { NotificationReads } from './notification-reads.js';
import type { NotificationRow } from './notification-row.js';

const MAX_ARTICLES = 100;
const MAX_USERS = 100;

/** Builds the notifications of the public API: the module's rows with their articles and actors. */
@Injectable()
export class NotificationViews {
  constructor(
    private readonly reads: NotificationReads,
    @Seam(ArticlesContract) private readonly articles: Articles,
    @Seam(IdentityContract) private readonly identity: Identity,
  ) {}

  async list(userId: number, { limit, cursor, unread }: ListNotifications): Promise<NotificationList> {
    const [place = Number.MAX_SAFE_INTEGER] = cursor ?? [];
    const [inbox, rows] = await Promise.all([
      this.reads.inbox(userId),
      this.reads.page(userId, { unread, place, limit: limit + 1 }),
    ]);
    const notifications = withinPageSize(await this.of(rows.slice(0, limit)));
    const isLast = rows.length === notifications.length;
    return {
      notifications,
      unreadCount: inbox.unread,
      nextCursor: isLast ? null : cursorOf(rows[notifications.length - 1]!.place),
    };
  }

  /** Builds views of any number of rows, with as few calls to each module as their batches allow. */
  async of(rows: readonly NotificationRow[]): Promise<Notification[]> {
    // The articles and users of the rows were written before the rows, so the reads must see them.
    currentCall()?.consistency.requireStrong();
    const articleIds = distinct(rows.map(({ articleId }) => articleId).filter((id) => id !== 0));
    const userIds = distinct(rows.flatMap(({ actors }) => actors));
    const [articles, users] = await Promise.all([
      inBatches(articleIds, MAX_ARTICLES, (ids) => this.articles.summariesByIds({ ids })),
      inBatches(userIds, MAX_USERS, (ids) => this.actors(ids)),
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

  /** Returns users without their biographies, which may be long. */
  private async actors(ids: number[]) {
    const users = await this.identity.usersByIds({ ids });
    return users.map(({ id, username, image }) => ({ id, username, image }));
  }
}

const distinct = (ids: readonly number[]) => [...new Set(ids)];

/** Calls with at most as many ids as the contract allows, one batch after the other: the values of each may be large. */
async function inBatches<T extends { readonly id: number }>(
  ids: readonly number[],
  max: number,
  call: (ids: number[]) => Promise<readonly T[]>,
): Promise<Map<number, T>> {
  const found = new Map<number, T>();
  for (let done = 0; done < ids.length; done += max)
    for (const one of await call(ids.slice(done, done + max))) found.set(one.id, one);
  return found;
}
