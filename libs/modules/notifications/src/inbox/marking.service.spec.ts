import { Transactions } from '@tearline/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { notifyFollowers } from '../fanout/notify-followers.js';
import { NotificationsDatabase } from '../fixtures/notifications-database.fixture.js';
import type { InboxChanges } from './inbox-changes.js';
import { MarkingService } from './marking.service.js';

const inbox = new NotificationsDatabase();
beforeAll(() => inbox.start());
afterAll(() => inbox.stop());

const [READER, OTHER, AUTHOR] = [1, 2, 3];

it('marks and counts a notification that is added at the same time', async () => {
  const marking = new MarkingService(new Transactions(inbox.dataSource), {
    add: () => undefined,
  } as unknown as InboxChanges);
  const notify = (articleId: number) => (manager: Parameters<typeof notifyFollowers>[0]) =>
    notifyFollowers(manager, { articleId, authorId: AUTHOR, publishedAt: new Date() }, [READER, OTHER]);
  await inbox.transaction(notify(1));
  const marked = await inbox.transaction(async (manager) => {
    await notify(2)(manager);
    const marks = [marking.markRead(READER, { all: true }), marking.markRead(READER, { all: true })];
    await inbox.untilWaiting(2);
    return marks;
  });
  expect(await Promise.all(marked)).toEqual([0, 0]);
  const unread = async (user: number) => (await inbox.reads.inbox(user)).unread;
  expect([await unread(READER), await unread(OTHER)]).toEqual([0, 2]);
});
