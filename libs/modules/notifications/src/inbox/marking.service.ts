import { Injectable } from '@nestjs/common';
import { InjectTransactions, Transactions } from '@tearline/database';
import type { MarkRead } from '../notification.schemas.js';
import { Changes } from './changes.js';

const MARK = `
  with marked as (
    update notifications set read_at = now()
     where user_id = $1 and ($2::bigint[] is null or id = any($2)) and read_at is null and withdrawn_at is null
    returning id
  ), counted as (
    update inboxes set unread = unread - (select count(*) from marked)::int where user_id = $1 returning unread
  )
  select unread from counted`;

/** What users do with their notifications. */
@Injectable()
export class MarkingService {
  constructor(
    @InjectTransactions('notifications') private readonly transactions: Transactions,
    private readonly changes: Changes,
  ) {}

  /**
   * Marks notifications as read; those that are read, withdrawn or somebody else's are passed over.
   * @returns how many are unread still
   */
  async markRead(userId: number, what: MarkRead): Promise<number> {
    return this.transactions.run('mark as read', what, async (manager) => {
      // Locked first, so that the next statement sees what has come meanwhile, and counts it.
      await manager.query('select from inboxes where user_id = $1 for update', [userId]);
      const [inbox] = await manager.query<{ unread: number }[]>(MARK, [
        userId,
        'ids' in what ? what.ids : null,
      ]);
      this.changes.note(manager, [userId]);
      return inbox?.unread ?? 0;
    });
  }
}
