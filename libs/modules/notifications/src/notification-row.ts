/** The kinds of notifications: a new follower, activities on the user's articles, and new articles of followed authors. */
export const KINDS = ['follow', 'favorite', 'comment', 'publish'] as const;
export type Kind = (typeof KINDS)[number];

/** A row of a notification. */
export interface NotificationRow {
  id: number;
  /** Its position in the list: the sequence number of the latest addition. */
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

/** A notification that was added, changed or withdrawn. */
export interface ChangedRow extends NotificationRow {
  userId: number;
  /** The sequence number of the change. */
  seq: number;
  isWithdrawn: boolean;
}

/** The columns of `notifications n` for a NotificationRow. */
export const ROW = `n.id, n.place, n.kind, n.article_id as "articleId", n.actors, n.actor_count as "actorCount",
  n.created_at as "createdAt", n.updated_at as "updatedAt", n.read_at is not null as "isRead"`;
