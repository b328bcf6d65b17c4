import { REQUEUE, type Outbox } from '@tearline/events';
import type { Social } from '@tearline/modules/social/contract';
import type { EntityManager } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GroupsService } from '../activity/groups.service.js';
import type { EmailQueue } from '../email/email-queue.js';
import { NotificationsDatabase } from '../fixtures/notifications-database.fixture.js';
import type { InboxChanges } from '../inbox/inbox-changes.js';
import { notifyFollowers } from './notify-followers.js';
import { FanoutWorker } from './fanout.worker.js';
import { PublicationsSubscriber } from './publications.subscriber.js';

const inbox = new NotificationsDatabase();
beforeAll(() => inbox.start());
afterAll(() => inbox.stop());

const changes = { add: () => undefined } as unknown as InboxChanges;
const mails = { add: async () => undefined } as unknown as EmailQueue;
const outbox = { enqueue: async () => undefined } as unknown as Outbox;

const AUTHOR = 900_000;
let articles = 0;

/** A fan-out to followers with the ids from 1 on, of an article of its own. */
function fanout(followers: number) {
  const articleId = (articles += 1);
  const ids = Array.from({ length: followers }, (_, index) => index + 1);
  const social = {
    followersOf: async ({ after, limit }: { after: number; limit: number }) =>
      ids.slice(after, after + limit),
  } as unknown as Social;
  const publications = new PublicationsSubscriber(outbox, social, changes, mails);
  const fanouts = () => new FanoutWorker(inbox.dataSource, social, changes, mails);
  const at = new Date();
  const message = { at, aggregate: `article/${articleId}`, seq: 1, id: '1' };
  const written = { articleId, authorId: AUTHOR, slug: 's', title: 't', media: [] };
  const job = { attempt: 1, isLastAttempt: false, signal: new AbortController().signal } as never;
  return {
    articleId,
    fanouts,
    publish: () =>
      inbox.transaction((manager) => publications.published({ ...message, payload: written }, manager)),
    remove: () =>
      inbox.transaction((manager) =>
        publications.deleted({ ...message, payload: { articleId, authorId: AUTHOR } }, manager),
      ),
    work: async () => {
      const one = fanouts();
      while ((await one.run({ articleId }, job)) === REQUEUE);
    },
  };
}

const notified = (articleId: number, condition = 'withdrawn_at is null') =>
  inbox
    .query<{ n: number; users: number }>(
      `select count(*)::int as n, count(distinct user_id)::int as users
         from notifications where kind = 'publish' and article_id = $1 and ${condition}`,
      [articleId],
    )
    .then(([row]) => row);

/** Inboxes whose unread count differs from their number of unread notifications. */
const miscounted = () =>
  inbox.query(
    `select i.user_id from inboxes i left join (
       select user_id, count(*) from notifications where read_at is null and withdrawn_at is null group by user_id
     ) n using (user_id) where i.unread <> coalesce(n.count, 0)`,
  );

/** Makes the n-th transaction end as by a crash, before or after its commit. */
function crashing(fanouts: FanoutWorker, place: 'before' | 'after', n: number): FanoutWorker {
  let transactions = 0;
  const dataSource = Object.create(inbox.dataSource) as typeof inbox.dataSource;
  dataSource.transaction = (async (work: (manager: EntityManager) => Promise<unknown>) => {
    const isLast = (transactions += 1) === n;
    const result = await inbox.transaction(async (manager) => {
      const done = await work(manager);
      if (isLast && place === 'before') throw new Error('crash');
      return done;
    });
    if (isLast) throw new Error('crash');
    return result;
  }) as typeof dataSource.transaction;
  return Object.assign(fanouts, { database: dataSource });
}

describe('a fan-out', () => {
  it('to few followers completes with the event', async () => {
    const { articleId, publish, remove, work } = fanout(999);
    await publish();
    expect(await inbox.query('select article_id from fanouts')).toEqual([]);
    expect(await notified(articleId)).toEqual({ n: 999, users: 999 });
    await remove();
    await work();
    expect(await notified(articleId)).toEqual({ n: 0, users: 0 });
    expect(await miscounted()).toEqual([]);
  });

  it('without followers leaves nothing to withdraw', async () => {
    const { publish, remove } = fanout(0);
    await publish();
    await remove();
    expect(await inbox.query('select article_id from fanouts')).toEqual([]);
  });

  it('notifies every follower once', async () => {
    const { articleId, publish, work } = fanout(2_500);
    await publish();
    await work();
    expect(await notified(articleId)).toEqual({ n: 2_500, users: 2_500 });
    expect(await miscounted()).toEqual([]);
    expect(await inbox.query('select article_id from fanouts')).toEqual([]);
  });

  it.each(['before', 'after'] as const)(
    'notifies every follower once despite a crash %s a commit',
    async (place) => {
      const { articleId, publish, fanouts, work } = fanout(3_000);
      await publish();
      const job = { signal: new AbortController().signal } as never;
      for (const n of [1, 2, 1]) {
        await expect(crashing(fanouts(), place, n).run({ articleId }, job)).rejects.toThrow('crash');
      }
      await work();
      expect(await notified(articleId)).toEqual({ n: 3_000, users: 3_000 });
    },
  );

  it('notifies every follower once with concurrent workers and fan-outs', async () => {
    const both = [fanout(3_000), fanout(3_000)];
    for (const { publish } of both) await publish();
    await Promise.all(both.flatMap(({ work }) => [work(), work()]));
    for (const { articleId } of both) expect(await notified(articleId)).toEqual({ n: 3_000, users: 3_000 });
    expect(await miscounted()).toEqual([]);
  });

  it('is withdrawn from unread inboxes when its article is deleted', async () => {
    const { articleId, publish, remove, work } = fanout(2_100);
    await publish();
    await work();
    await inbox.query(
      `update notifications set read_at = now() where kind = 'publish' and article_id = $1 and user_id <= 100`,
      [articleId],
    );
    await inbox.query('update inboxes set unread = unread - 1 where user_id <= 100');
    await remove();
    await work();
    expect(await notified(articleId)).toEqual({ n: 100, users: 100 });
    expect(await notified(articleId, 'withdrawn_at is not null')).toEqual({ n: 2_000, users: 2_000 });
    expect(await miscounted()).toEqual([]);
  });

  it('is withdrawn after what is added at the same time, with a number of its own', async () => {
    const { articleId, publish, remove, work } = fanout(1);
    await publish();
    await remove();
    // A promise in an object is not awaited by the transaction.
    const { withdrawn } = await inbox.transaction(async (manager) => {
      await notifyFollowers(manager, { articleId: 1_000, authorId: AUTHOR, publishedAt: new Date() }, [1]);
      const started = work();
      await inbox.untilWaiting(1);
      return { withdrawn: started };
    });
    await withdrawn;
    expect(await notified(articleId)).toEqual({ n: 0, users: 0 });
    expect(await miscounted()).toEqual([]);
    const [row] = await inbox.query<{ last: number; latest: number; doubled: number }>(
      `select i.last, max(n.seq) as latest, count(*)::int - count(distinct n.seq)::int as doubled
         from inboxes i join notifications n using (user_id) where user_id = 1 group by i.last`,
    );
    expect(row).toMatchObject({ latest: row!.last, doubled: 0 });
  });

  it('stops when its article is deleted while it runs', async () => {
    const { articleId, publish, remove, fanouts, work } = fanout(3_000);
    await publish();
    const job = { signal: AbortSignal.abort() } as never;
    expect(await fanouts().run({ articleId }, job)).toBe(REQUEUE);
    expect(await notified(articleId)).toEqual({ n: 1_000, users: 1_000 });
    await remove();
    await work();
    expect(await notified(articleId)).toEqual({ n: 0, users: 0 });
    expect(await notified(articleId, 'withdrawn_at is not null')).toEqual({ n: 1_000, users: 1_000 });
  });
});

describe('a deleted article', () => {
  it('withdraws its author’s unread favorites and comments, and accepts no later ones', async () => {
    const groups = new GroupsService(changes, mails);
    const { articleId, remove, work } = fanout(0);
    const act = (kind: 'favorite' | 'comment', actorId: number, subject = 0) => ({
      userId: AUTHOR,
      kind,
      articleId,
      actorId,
      subject,
    });
    for (const [actor, kind] of [
      [1, 'favorite'],
      [2, 'favorite'],
      [3, 'comment'],
    ] as const)
      await inbox.transaction((manager) => groups.add(manager, act(kind, actor), new Date()));
    expect((await inbox.reads.inbox(AUTHOR)).unread).toBe(2);
    const late = Array.from({ length: 5 }, (_, index) =>
      inbox.transaction((manager) => groups.add(manager, act('comment', 10 + index, index), new Date())),
    );
    await Promise.all([...late, remove()]);
    await work();
    await inbox.transaction((manager) => groups.add(manager, act('comment', 4, 99), new Date()));
    expect((await inbox.reads.inbox(AUTHOR)).unread).toBe(0);
    const numbers = await inbox.query<{ seq: number }>('select seq from notifications where user_id = $1', [
      AUTHOR,
    ]);
    expect(new Set(numbers.map(({ seq }) => seq)).size).toBe(numbers.length);
  });
});
