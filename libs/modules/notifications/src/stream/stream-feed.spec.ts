import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GroupsService } from '../activity/groups.service.js';
import type { EmailQueue } from '../email/email-queue.js';
import { NotificationsDatabase } from '../fixtures/notifications-database.fixture.js';
import type { InboxChanges } from '../inbox/inbox-changes.js';
import { EventStream } from './event-stream.js';
import { StreamFeed } from './stream-feed.js';

const inbox = new NotificationsDatabase();
let feed: StreamFeed;
beforeAll(async () => {
  await inbox.start();
  feed = new StreamFeed(inbox.reads, inbox.views);
});
afterAll(() => inbox.stop());

const groups = new GroupsService(
  { add: () => undefined } as unknown as InboxChanges,
  { add: async () => undefined } as unknown as EmailQueue,
);

let users = 0;
const newUser = () => (users += 1);

const follow = (userId: number, actorId: number) => ({
  userId,
  kind: 'follow' as const,
  articleId: 0,
  actorId,
  subject: 0,
});
const favorite = (userId: number, articleId: number, actorId = 1_000) => ({
  userId,
  kind: 'favorite' as const,
  articleId,
  actorId,
  subject: 0,
});

const add = (act: ReturnType<typeof follow> | ReturnType<typeof favorite>) =>
  inbox.transaction((manager) => groups.add(manager, act, new Date()));
const undo = (act: ReturnType<typeof follow> | ReturnType<typeof favorite>) =>
  inbox.transaction((manager) => groups.undo(manager, act));

/** What a stream holds for its client, which is taken out of it. */
function taken(stream: EventStream) {
  const text = String((stream.read() as Buffer | null) ?? '');
  return text
    .split('\n\n')
    .filter((part) => part.startsWith('event: '))
    .map((part) => {
      const [, event, id, data] = /^event: (\w+)\n(?:id: (\d+)\n)?data: (.*)$/.exec(part)!;
      return {
        event,
        id: id === undefined ? undefined : Number(id),
        data: JSON.parse(data!) as Record<string, unknown>,
      };
    });
}

const open = (userId: number, since?: number, onRoom = () => {}) => new EventStream(userId, since, onRoom);

/** Brings streams up to date, until nothing is left. */
async function bringAll(...streams: EventStream[]) {
  for (let left = await feed.catchUp(streams); left.length > 0;) left = await feed.catchUp(streams);
}

describe('a stream', () => {
  it('starts with its position and sends later changes', async () => {
    const user = newUser();
    await add(follow(user, 5));
    const stream = open(user);
    await bringAll(stream);
    expect(taken(stream)).toEqual([{ event: 'unread', id: 1, data: { unreadCount: 1 } }]);
    await add(follow(user, 6));
    await bringAll(stream);
    expect(taken(stream)).toEqual([
      {
        event: 'notification',
        id: 2,
        data: expect.objectContaining({ id: 1, kind: 'follow', actorCount: 2, read: false }) as object,
      },
    ]);
    await add(favorite(user, 7));
    await bringAll(stream);
    expect(taken(stream).map(({ event, id }) => [event, id])).toEqual([
      ['notification', 3],
      ['unread', undefined],
    ]);
  });

  it('sends withdrawals', async () => {
    const user = newUser();
    const stream = open(user);
    await add(favorite(user, 7));
    await bringAll(stream);
    taken(stream);
    await undo(favorite(user, 7));
    await bringAll(stream);
    expect(taken(stream)).toEqual([
      { event: 'withdrawn', id: 2, data: { id: 1 } },
      { event: 'unread', id: undefined, data: { unreadCount: 0 } },
    ]);
  });

  it('resumes an earlier stream over many pages without gaps or duplicates', async () => {
    const user = newUser();
    for (let article = 1; article <= 350; article += 1) await add(favorite(user, article));
    const [all, some] = [open(user, 0), open(user, 123)];
    await bringAll(all, some);
    const ids = (stream: EventStream) =>
      taken(stream).flatMap(({ event, id }) => (event === 'notification' ? [id!] : []));
    // It reads no faster than this while it is brought up to date; the buffer ends before the pages do.
    const seen = [...ids(all)];
    while (seen.length < 350) {
      await bringAll(all);
      seen.push(...ids(all));
    }
    expect(seen).toEqual(Array.from({ length: 350 }, (_, index) => index + 1));
    expect(ids(some)).toEqual(Array.from({ length: 227 }, (_, index) => index + 124));
  });

  it('ignores sequence numbers from the future', async () => {
    const user = newUser();
    const stream = open(user, 1_000_000);
    await bringAll(stream);
    expect(taken(stream)).toEqual([{ event: 'unread', id: 0, data: { unreadCount: 0 } }]);
    await add(follow(user, 5));
    await bringAll(stream);
    expect(taken(stream).map(({ event, id }) => [event, id])).toContainEqual(['notification', 1]);
  });

  it('buffers little for a client that does not read, and resumes when it does', async () => {
    const user = newUser();
    for (let article = 1; article <= 600; article += 1) await add(favorite(user, article));
    let rooms = 0;
    const stream = open(user, 0, () => (rooms += 1));
    for (let turn = 0; turn < 20; turn += 1) await feed.catchUp([stream]);
    expect(stream.isFull).toBe(true);
    expect(stream.readableLength).toBeLessThan(70_000);
    await expect.poll(() => stream.stalledForMs).toBeGreaterThan(5);
    expect(rooms).toBe(0);
    let notifications = 0;
    while (notifications < 600) {
      notifications += taken(stream).filter(({ event }) => event === 'notification').length;
      await feed.catchUp([stream]);
    }
    expect(rooms).toBeGreaterThan(0);
    expect(stream.stalledForMs).toBe(0);
    expect(notifications).toBe(600);
  });
});
