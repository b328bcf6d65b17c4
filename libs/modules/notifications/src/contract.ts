import { UserId } from '@tearline/modules/identity/contract';
import { type ClientOf, contract, query } from '@tearline/seam';
import { z } from 'zod';

export const NotificationsContract = contract('notifications', {
  /** Returns the number of the user's unread notifications. */
  unreadCount: query({ input: z.object({ userId: UserId }), output: z.int().nonnegative() }),
});
export type Notifications = ClientOf<typeof NotificationsContract>;
