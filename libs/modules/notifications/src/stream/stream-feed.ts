import { Injectable } from '@nestjs/common';
import type { ChangedRow } from '../notification-row.js';
import { type Inbox, NotificationReads } from '../notification-reads.js';
import { NotificationViews } from '../notification-views.js';
import type { EventStream } from './event-stream.js';
import { eventText } from './server-sent.js';

/** Changes of one user, and users with changes, that are read at once. */
const PAGE = 100;
const USERS_AT_ONCE = 200;
const NOTHING: Inbox = { last: 0, unread: 0 };

/**
 * Brings streams up to date. A user's numbers become visible in order, so what is read above a number is everything
 * that has come after it, and the last number of a page is where the next one begins.
 */
@Injectable()
export class StreamFeed {
  constructor(
    private readonly reads: NotificationReads,
    private readonly views: NotificationViews,
  ) {}

  /** @returns users for whom there is more */
  async bring(streams: readonly EventStream[]): Promise<number[]> {
    if (streams.length === 0) return [];
    const byUser = Map.groupBy(streams, ({ userId }) => userId);
    const inboxes = await this.reads.inboxes([...byUser.keys()]);
    const inboxOf = (userId: number) => inboxes.get(userId) ?? NOTHING;
    for (const stream of streams) begin(stream, inboxOf(stream.userId));

    const behind = streams.filter((stream) => !stream.isFull && stream.told! < inboxOf(stream.userId).last);
    const users = [...Map.groupBy(behind, ({ userId }) => userId)];
    const unfinished: number[] = [];
    for (let done = 0; done < users.length; done += USERS_AT_ONCE) {
      const part = users.slice(done, done + USERS_AT_ONCE);
      const seen = new Map(part.map(([user, those]) => [user, Math.min(...those.map(({ told }) => told!))]));
      const changes = await this.changes(seen);
      for (const [user, those] of part) {
        const news = changes.get(user) ?? [];
        const isAll = news.length < PAGE;
        for (const stream of those) tell(stream, news, isAll ? inboxOf(user).last : undefined);
        if (!isAll) unfinished.push(user);
      }
    }
    for (const stream of streams) count(stream, inboxOf(stream.userId));
    return unfinished;
  }

  private async changes(
    seen: ReadonlyMap<number, number>,
  ): Promise<Map<number, [seq: number, text: string][]>> {
    const rows = await this.reads.changes(seen, PAGE);
    const shown = await this.views.of(rows);
    const texts = rows.map((row, index) => [row.userId, row.seq, textOf(row, shown[index])] as const);
    texts.sort(([, one], [, other]) => one - other);
    const grouped = Map.groupBy(texts, ([user]) => user);
    return new Map([...grouped].map(([user, all]) => [user, all.map(([, seq, text]) => [seq, text])]));
  }
}

function textOf({ seq, id, isWithdrawn }: ChangedRow, shown: unknown): string {
  return isWithdrawn ? eventText('withdrawn', { id }, seq) : eventText('notification', shown, seq);
}

/** The first event has a number, so that a client that is cut off before anything happens knows where it was. */
function begin(stream: EventStream, { last, unread }: Inbox): void {
  if (stream.told !== undefined) return;
  stream.told = Math.min(stream.since ?? last, last);
  stream.unread = unread;
  stream.tell(eventText('unread', { unreadCount: unread }, stream.told));
}

function tell(stream: EventStream, news: readonly [number, string][], end: number | undefined): void {
  for (const [seq, text] of news) {
    if (seq <= stream.told!) continue;
    // It is fed again when its client has read.
    if (stream.isFull) return;
    stream.tell(text);
    stream.told = seq;
  }
  // Some numbers are of no change, or of one that a later one covers.
  if (end !== undefined) stream.told = Math.max(stream.told!, end);
}

function count(stream: EventStream, { unread }: Inbox): void {
  if (stream.unread === unread || stream.isFull) return;
  stream.unread = unread;
  stream.tell(eventText('unread', { unreadCount: unread }));
}
