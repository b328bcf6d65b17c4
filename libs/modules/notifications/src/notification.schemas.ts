import { cursor, wholeNumber } from '@tearline/host';
import { z } from 'zod';
import { KINDS } from './notification-row.js';

const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .default('false')
  .transform((text) => text === 'true')
  .meta({ type: 'boolean' });

export const ListNotifications = z.object({
  limit: wholeNumber({ min: 1, max: 100, fallback: 20 }),
  cursor: cursor(1),
  unread: flag,
});
export type ListNotifications = z.infer<typeof ListNotifications>;

const idError = 'must be ids of notifications';
export const MarkRead = z.union(
  [
    z.strictObject({
      ids: z
        .array(z.int({ error: idError }).positive({ error: idError }), { error: idError })
        .max(1000, { error: 'is too long (maximum is 1000 ids)' }),
    }),
    z.strictObject({ all: z.literal(true) }),
  ],
  { error: 'must be { "ids": […] } with 1000 at most, or { "all": true }' },
);
export type MarkRead = z.infer<typeof MarkRead>;

/** One notification of the public API. */
export const Notification = z.object({
  id: z.int(),
  kind: z.enum(KINDS),
  /** Null for a new follower and for a deleted article. */
  article: z.object({ slug: z.string(), title: z.string() }).nullable(),
  /** The last three, the newest first. */
  actors: z.array(z.object({ username: z.string(), image: z.string().nullable() })),
  actorCount: z.int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  read: z.boolean(),
});
export type Notification = z.infer<typeof Notification>;

export const UnreadCount = z.object({ unreadCount: z.int() });
export type UnreadCount = z.infer<typeof UnreadCount>;

export const NotificationList = UnreadCount.extend({
  notifications: z.array(Notification),
  nextCursor: z.string().nullable(),
});
export type NotificationList = z.infer<typeof NotificationList>;
