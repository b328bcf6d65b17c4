import { execute, statement } from '@tearline/database';
import type { EntityManager } from 'typeorm';

const ALLOCATE = statement<{ last: number }>(
  'notifications.allocate',
  `insert into inboxes as i (user_id, last, unread) values ($1, $2, 0)
   on conflict (user_id) do update set last = i.last + $2 returning last`,
);

/**
 * Locks the user's inbox until the transaction ends and allocates the next sequence numbers of its changes. Later statements of
 * the transaction see all earlier changes of the inbox. Lock several users in ascending order.
 * @returns the first of the `count` numbers
 */
export async function allocateSequence(manager: EntityManager, userId: number, count = 1): Promise<number> {
  const [inbox] = await execute(manager, ALLOCATE, [userId, count]);
  return inbox!.last - count + 1;
}
