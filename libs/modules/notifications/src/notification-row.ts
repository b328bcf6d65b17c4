import type { Kind } from './kind.js';

/** A notification as the database gives it. */
export interface NotificationRow {
  id: number;
  /** Where it stands in the list: the number of what was added last. */
  place: number;
  kind: Kind;
  /** 0 for none. */
  articleId: number;
  /** The last three, the newest first. */
  actors: number[];
  actorCount: number;
  createdAt: Date;
  updatedAt: Date;
  isRead: boolean;
}

/** A notification that is new, changed or gone, as a stream tells it. */
export interface ChangedRow extends NotificationRow {
  userId: number;
  /** The number of the change. */
  seq: number;
  isWithdrawn: boolean;
}

/** Columns of `notifications n` that make a NotificationRow. */
export const ROW = `n.id, n.place, n.kind, n.article_id as "articleId", n.actors, n.actor_count as "actorCount",
  n.created_at as "createdAt", n.updated_at as "updatedAt", n.read_at is not null as "isRead"`;
