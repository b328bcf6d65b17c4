import { Injectable } from '@nestjs/common';
import { InjectReader, Reader, statement } from '@tearline/database';
import type { Kind } from './kind.js';
import { type ChangedRow, type NotificationRow, ROW } from './notification-row.js';

const page = (name: string, condition: string) =>
  statement<NotificationRow>(
    name,
    `select ${ROW} from notifications n
      where user_id = $1 and place < $2 and withdrawn_at is null ${condition} order by place desc limit $3`,
    // Others fill an inbox, and its owner, who has been told so, looks at once.
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
    ) n`,
);

/** Where a user's numbers have come to, and how many notifications are unread. */
export interface Inbox {
  last: number;
  unread: number;
}

const EMPTY: Inbox = { last: 0, unread: 0 };

/** The module's reads. */
@Injectable()
export class NotificationReads {
  constructor(@InjectReader('notifications') private readonly reader: Reader) {}

  /** The newest below `place`. */
  page(
    userId: number,
    { unread, place, limit }: { unread: boolean; place: number; limit: number },
  ): Promise<NotificationRow[]> {
    return this.reader.rows(unread ? UNREAD : ALL, [userId, place, limit]);
  }

  /** The unread one of this kind and article, if there is one. */
  open(userId: number, kind: Kind, articleId: number): Promise<NotificationRow | undefined> {
    return this.reader.row(OPEN, [userId, kind, articleId]);
  }

  async inbox(userId: number): Promise<Inbox> {
    return (await this.reader.row(INBOX, [userId])) ?? EMPTY;
  }

  /** The inboxes of many users; those who never got anything have none. */
  async inboxes(userIds: readonly number[]): Promise<Map<number, Inbox>> {
    const rows = await this.reader.rows(INBOXES, [userIds]);
    return new Map(rows.map((row) => [row.userId, row]));
  }

  /** What has changed since each user's number, in order; `limit` at most for each of them. */
  changes(seen: ReadonlyMap<number, number>, limit: number): Promise<ChangedRow[]> {
    return this.reader.rows(CHANGES, [[...seen.keys()], [...seen.values()], limit]);
  }
}
