import { Injectable } from '@nestjs/common';
import type { ChangedRow } from '../notification-row.js';
import { type Inbox, NotificationReads } from '../notification-reads.js';
import { NotificationViews } from '../notification-views.js';
import { type EventStream, eventText } from './event-stream.js';

/** Changes per user and users per query. */
const PAGE_SIZE = 100;
const USERS_PER_QUERY = 200;
/** Changes of all users per query. */
const MAX_ROWS = 1_000;
const EMPTY: Inbox = { last: 0, unread: 0 };

/**
 * Sends streams the changes that they lack. A user's sequence numbers become visible in order, so a read of all numbers above
 * one misses nothing, and a page continues after the last number of the page before.
 */
@Injectable()
export class StreamFeed {
  constructor(
    private readonly reads: NotificationReads,
    private readonly views: NotificationViews,
  ) {}

  /** @returns the users with further changes */
  async catchUp(streams: readonly EventStream[]): Promise<number[]> {
    if (streams.length === 0) return [];
    const byUser = Map.groupBy(streams, ({ userId }) => userId);
    const inboxes = await this.reads.inboxes([...byUser.keys()]);
    const inboxOf = (userId: number) => inboxes.get(userId) ?? EMPTY;
    for (const stream of streams) begin(stream, inboxOf(stream.userId));

    const behind = streams.filter(
      (stream) => !stream.isFull && stream.lastSent! < inboxOf(stream.userId).last,
    );
    const users = [...Map.groupBy(behind, ({ userId }) => userId)];
    const unfinished: number[] = [];
    for (let done = 0; done < users.length; done += USERS_PER_QUERY) {
      const part = users.slice(done, done + USERS_PER_QUERY);
      const seen = new Map(
        part.map(([user, those]) => [user, Math.min(...those.map(({ lastSent }) => lastSent!))]),
      );
      const { changes, isCut } = await this.changes(seen);
      for (const [user, those] of part) {
        const news = changes.get(user) ?? [];
        const isAll = news.length < PAGE_SIZE && !isCut;
        for (const stream of those) sendChanges(stream, news, isAll ? inboxOf(user).last : undefined);
        if (!isAll) unfinished.push(user);
      }
    }
    for (const stream of streams) count(stream, inboxOf(stream.userId));
    return unfinished;
  }

  /** @returns changes by user, in order, and whether there may be more */
  private async changes(
    seen: ReadonlyMap<number, number>,
  ): Promise<{ changes: Map<number, [seq: number, text: string][]>; isCut: boolean }> {
    const rows = await this.reads.changes(seen, PAGE_SIZE, MAX_ROWS);
    const shown = await this.views.of(rows);
    const texts = rows.map((row, index) => [row.userId, row.seq, textOf(row, shown[index])] as const);
    texts.sort(([, one], [, other]) => one - other);
    const grouped = Map.groupBy(texts, ([user]) => user);
    const changes = new Map<number, [seq: number, text: string][]>();
    for (const [user, all] of grouped)
      changes.set(
        user,
        all.map(([, seq, text]) => [seq, text]),
      );
    return { changes, isCut: rows.length === MAX_ROWS };
  }
}

function textOf({ seq, id, isWithdrawn }: ChangedRow, shown: unknown): string {
  return isWithdrawn ? eventText('withdrawn', { id }, seq) : eventText('notification', shown, seq);
}

/** The first event has an id, so that a client that is disconnected before any change can resume. */
function begin(stream: EventStream, { last, unread }: Inbox): void {
  if (stream.lastSent !== undefined) return;
  stream.lastSent = Math.min(stream.since ?? last, last);
  stream.unread = unread;
  stream.send(eventText('unread', { unreadCount: unread }, stream.lastSent));
}

function sendChanges(stream: EventStream, news: readonly [number, string][], end: number | undefined): void {
  for (const [seq, text] of news) {
    if (seq <= stream.lastSent!) continue;
    // The hub feeds it again when the client has read.
    if (stream.isFull) return;
    stream.send(text);
    stream.lastSent = seq;
  }
  // Some numbers have no visible change, or a later change of the same notification replaced it.
  if (end !== undefined) stream.lastSent = Math.max(stream.lastSent!, end);
}

function count(stream: EventStream, { unread }: Inbox): void {
  if (stream.unread === unread || stream.isFull) return;
  stream.unread = unread;
  stream.send(eventText('unread', { unreadCount: unread }));
}
