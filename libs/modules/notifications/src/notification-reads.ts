import { Injectable } from '@nestjs/common';
import { InjectReader, Reader, statement } from '@tearline/database';
import { type ChangedRow, type Kind, type NotificationRow, ROW } from './notification-row.js';

const page = (name: string, condition: string) =>
  statement<NotificationRow>(
    name,
    `select ${ROW} from notifications n
      where user_id = $1 and place < $2 and withdrawn_at is null ${condition} order by place desc limit $3`,
    // Other users fill an inbox, and its owner reads it right after a stream announced a change.
    'strong',
  );
const ALL = page('notifications.all', '');
const UNREAD = page('notifications.unread', 'and read_at is null');

const OPEN = statement<NotificationRow>(
  'notifications.open',
  `select ${ROW} from notifications n
    where kind = $2 and article_id = $3 and user_id = $1 and read_at is null and withdrawn_at is null`,
);

const INBOX = statement<Inbox>(
  'notifications.inbox',
  'select last, unread from inboxes where user_id = $1',
  'strong',
);

const INBOXES = statement<Inbox & { userId: number }>(
  'notifications.inboxes',
  'select user_id as "userId", last, unread from inboxes where user_id = any($1::bigint[])',
);

const CHANGES = statement<ChangedRow>(
  'notifications.changes',
  `select n.* from unnest($1::bigint[], $2::bigint[]) as seen (user_id, seq)
    cross join lateral (
      select ${ROW}, n.user_id as "userId", n.seq, n.withdrawn_at is not null as "isWithdrawn"
        from notifications n where n.user_id = seen.user_id and n.seq > seen.seq order by n.seq limit $3
    ) n limit $4`,
);

/** A user's latest sequence number and number of unread notifications. */
export interface Inbox {
  last: number;
  unread: number;
}

const EMPTY: Inbox = { last: 0, unread: 0 };

/** The module's reads as named prepared statements. */
@Injectable()
export class NotificationReads {
  constructor(@InjectReader('notifications') private readonly reader: Reader) {}

  /** Returns the newest notifications below `place`. */
  page(
    userId: number,
    { unread, place, limit }: { unread: boolean; place: number; limit: number },
  ): Promise<NotificationRow[]> {
    return this.reader.rows(unread ? UNREAD : ALL, [userId, place, limit]);
  }

  /** Returns the unread notification of this kind and article. */
  open(userId: number, kind: Kind, articleId: number): Promise<NotificationRow | undefined> {
    return this.reader.row(OPEN, [userId, kind, articleId]);
  }

  async inbox(userId: number): Promise<Inbox> {
    return (await this.reader.row(INBOX, [userId])) ?? EMPTY;
  }

  /** Returns the inboxes of many users; users without any notification have none. */
  async inboxes(userIds: readonly number[]): Promise<Map<number, Inbox>> {
    const rows = await this.reader.rows(INBOXES, [userIds]);
    return new Map(rows.map((row) => [row.userId, row]));
  }

  /** Returns the changes after each user's sequence number, each user's in order, at most `limit` per user and `total` in all. */
  changes(seen: ReadonlyMap<number, number>, limit: number, total: number): Promise<ChangedRow[]> {
    return this.reader.rows(CHANGES, [[...seen.keys()], [...seen.values()], limit, total]);
  }
}
