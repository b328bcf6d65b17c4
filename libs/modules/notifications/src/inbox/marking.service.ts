import { Injectable } from '@nestjs/common';
import { InjectTransactions, Transactions } from '@tearline/database';
import type { MarkRead } from '../notification.schemas.js';
import { InboxChanges } from './inbox-changes.js';

const MARK = `
  with marked as (
    update notifications set read_at = now()
     where user_id = $1 and ($2::bigint[] is null or id = any($2)) and read_at is null and withdrawn_at is null
    returning id
  ), counted as (
    update inboxes set unread = unread - (select count(*) from marked)::int where user_id = $1 returning unread
  )
  select unread from counted`;

/** Marks notifications as read. */
@Injectable()
export class MarkingService {
  constructor(
    @InjectTransactions('notifications') private readonly transactions: Transactions,
    private readonly changes: InboxChanges,
  ) {}

  /**
   * Marks notifications as read; ids of read, withdrawn and other users' notifications are ignored.
   * @returns the number of unread notifications
   */
  async markRead(userId: number, request: MarkRead): Promise<number> {
    return this.transactions.run('mark as read', request, async (manager) => {
      // Locked first, so that the next statement sees and counts concurrent additions.
      await manager.query('select from inboxes where user_id = $1 for update', [userId]);
      const [inbox] = await manager.query<{ unread: number }[]>(MARK, [
        userId,
        'ids' in request ? request.ids : null,
      ]);
      this.changes.add(manager, [userId]);
      return inbox?.unread ?? 0;
    });
  }
}
