import type { EntityManager } from 'typeorm';

/**
 * Locks the user's inbox until the transaction ends and allocates the next sequence numbers of its changes. Later statements of
 * the transaction see all earlier changes of the inbox. Lock several users in ascending order.
 * @returns the first of the `count` numbers
 */
export async function allocateSequence(manager: EntityManager, userId: number, count = 1): Promise<number> {
  const [inbox] = await manager.query<{ last: number }[]>(
    `insert into inboxes as i (user_id, last, unread) values ($1, $2, 0)
     on conflict (user_id) do update set last = i.last + $2 returning last`,
    [userId, count],
  );
  return inbox!.last - count + 1;
}
