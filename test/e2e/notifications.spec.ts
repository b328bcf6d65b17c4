import { describe, expect, it, vi } from 'vitest';
import {
  articlePath,
  comment,
  favorite,
  follow,
  type Person,
  profilePath,
  publish,
  register,
} from '../support/conduit.js';
import { type Notification, notificationsOf } from '../support/notifications.js';
import { api } from './client.js';

/** Effects follow their causes soon, not at once. */
/** All events share one queue, and the other suites publish many. */
const SOON = { timeout: 60_000, interval: 50 };
vi.setConfig({ testTimeout: 120_000 });

const people = (count: number) => Promise.all(Array.from({ length: count }, () => register(api)));

/** What a notification says, in short. */
const short = ({ kind, article, actors, actorCount }: Notification) => ({
  kind,
  slug: article?.slug ?? null,
  actors: actors.map(({ username }) => username),
  actorCount,
});

const listed =
  (person: Person, query = '') =>
  async () =>
    (await notificationsOf(person, query)).notifications.map(short);

/** Exactly these, newest first, of which this is said. */
const saying = (expected: Partial<ReturnType<typeof short>>[]) =>
  expected.map((each) => expect.objectContaining(each) as object);

const unfavorite = (fan: Person, slug: string) => fan.api.del(`${articlePath(slug)}/favorite`);
const unfollow = (fan: Person, { username }: Person) => fan.api.del(`${profilePath(username)}/follow`);

async function markRead(person: Person, body: unknown) {
  const reply = await person.api.post<{ unreadCount: number }>('/api/notifications/read', body);
  expect(reply).toHaveStatus(200);
  return reply.body.unreadCount;
}

describe('a user is notified', () => {
  it('of a new follower', async () => {
    const [ann, bob] = await people(2);
    await follow(bob!, ann!);
    await expect
      .poll(listed(ann!), SOON)
      .toEqual(saying([{ kind: 'follow', slug: null, actors: [bob!.username], actorCount: 1 }]));
    const { notifications, unreadCount, nextCursor } = await notificationsOf(ann!);
    expect(unreadCount).toBe(1);
    expect(nextCursor).toBeNull();
    expect(notifications[0]).toEqual({
      id: expect.any(Number) as number,
      kind: 'follow',
      article: null,
      actors: [{ username: bob!.username, image: null }],
      actorCount: 1,
      createdAt: expect.stringMatching(/Z$/) as string,
      updatedAt: expect.stringMatching(/Z$/) as string,
      read: false,
    });
  });

  it('of favorites of and comments on an article, under the name that it has now', async () => {
    const [ann, bob] = await people(2);
    const { slug } = await publish(ann!);
    await favorite(bob!, slug);
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ kind: 'favorite', slug }]));
    await comment(bob!, slug);
    await expect.poll(listed(ann!), SOON).toEqual(
      saying([
        { kind: 'comment', slug, actors: [bob!.username] },
        { kind: 'favorite', slug, actors: [bob!.username] },
      ]),
    );
    const changed = await ann!.api.put<{ article: { slug: string } }>(articlePath(slug), {
      article: { title: `Renamed ${slug}` },
    });
    const renamed = changed.body.article.slug;
    expect(renamed).not.toBe(slug);
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ slug: renamed }, { slug: renamed }]));
  });

  it('of articles by those whom they follow', async () => {
    const [ann, bob, cem] = await people(3);
    await follow(bob!, ann!);
    await follow(cem!, ann!);
    const { slug } = await publish(ann!);
    for (const follower of [bob!, cem!])
      await expect
        .poll(listed(follower), SOON)
        .toEqual(saying([{ kind: 'publish', slug, actors: [ann!.username], actorCount: 1 }]));
  });

  it('of nothing that they do themselves', async () => {
    const [ann, bob] = await people(2);
    const { slug } = await publish(ann!);
    await favorite(ann!, slug);
    await comment(ann!, slug);
    // What comes after it has come, so what was before it would be there.
    await comment(bob!, slug);
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ kind: 'comment', actors: [bob!.username] }]));
  });
});

describe('a burst', () => {
  it('is one notification of its last three, while it is unread', async () => {
    const [ann, ...fans] = await people(6);
    const { slug } = await publish(ann!);
    for (const [index, fan] of fans.entries()) {
      await favorite(fan, slug);
      await expect.poll(listed(ann!), SOON).toEqual(saying([{ kind: 'favorite', actorCount: index + 1 }]));
    }
    const last = fans.toReversed().slice(0, 3);
    await expect
      .poll(listed(ann!), SOON)
      .toEqual(
        saying([{ kind: 'favorite', slug, actorCount: 5, actors: last.map(({ username }) => username) }]),
      );
    expect((await notificationsOf(ann!)).unreadCount).toBe(1);
  });

  it('counts people, not what they do', async () => {
    const [ann, bob, cem] = await people(3);
    const { slug } = await publish(ann!);
    for (const author of [bob!, cem!, bob!]) await comment(author, slug);
    await expect
      .poll(listed(ann!), SOON)
      .toEqual(saying([{ kind: 'comment', actorCount: 2, actors: [bob!.username, cem!.username] }]));
  });

  it('is a new one when the last has been read', async () => {
    const [ann, bob, cem] = await people(3);
    await follow(bob!, ann!);
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ kind: 'follow', actorCount: 1 }]));
    expect(await markRead(ann!, { all: true })).toBe(0);
    await follow(cem!, ann!);
    await expect.poll(listed(ann!), SOON).toEqual(
      saying([
        { kind: 'follow', actors: [cem!.username] },
        { kind: 'follow', actors: [bob!.username] },
      ]),
    );
    await expect.poll(listed(ann!, '?unread=true'), SOON).toEqual(saying([{ actors: [cem!.username] }]));
  });

  it('counts every actor when many act at once', async () => {
    const [ann, ...fans] = await people(12);
    const { slug } = await publish(ann!);
    await Promise.all(fans.flatMap((fan) => [favorite(fan, slug), follow(fan, ann!), comment(fan, slug)]));
    await expect
      .poll(async () => {
        const { notifications, unreadCount } = await notificationsOf(ann!);
        return [unreadCount, ...notifications.map(({ actorCount }) => actorCount)];
      }, SOON)
      .toEqual([3, 11, 11, 11]);
  });
});

describe('what is undone', () => {
  it('leaves its notification, and takes it along when it was all', async () => {
    const [ann, bob, cem] = await people(3);
    const { slug } = await publish(ann!);
    await favorite(bob!, slug);
    await favorite(cem!, slug);
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ actorCount: 2 }]));
    await unfavorite(cem!, slug);
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ actorCount: 1, actors: [bob!.username] }]));
    await unfavorite(bob!, slug);
    await expect.poll(listed(ann!), SOON).toEqual(saying([]));
    expect((await notificationsOf(ann!)).unreadCount).toBe(0);
  });

  it('takes back follows and comments, too', async () => {
    const [ann, bob] = await people(2);
    const { slug } = await publish(ann!);
    await follow(bob!, ann!);
    // Events of two modules have no order between them.
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ kind: 'follow' }]));
    const first = await comment(bob!, slug);
    const second = await comment(bob!, slug);
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ kind: 'comment' }, { kind: 'follow' }]));
    await unfollow(bob!, ann!);
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ kind: 'comment' }]));
    await bob!.api.del(`${articlePath(slug)}/comments/${first.id}`);
    await favorite(bob!, slug);
    await expect
      .poll(listed(ann!), SOON)
      .toEqual(saying([{ kind: 'favorite' }, { kind: 'comment', actorCount: 1 }]));
    await bob!.api.del(`${articlePath(slug)}/comments/${second.id}`);
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ kind: 'favorite' }]));
  });

  it('stays when it has been read', async () => {
    const [ann, bob, cem] = await people(3);
    const { slug } = await publish(ann!);
    await favorite(bob!, slug);
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ kind: 'favorite' }]));
    await markRead(ann!, { all: true });
    await unfavorite(bob!, slug);
    await favorite(cem!, slug);
    await expect
      .poll(listed(ann!), SOON)
      .toEqual(saying([{ actors: [cem!.username] }, { actors: [bob!.username] }]));
  });

  it('is everything about an article that is deleted, but what has been read', async () => {
    const [ann, bob, cem] = await people(3);
    for (const follower of [bob!, cem!]) await follow(follower, ann!);
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ kind: 'follow', actorCount: 2 }]));
    const { slug } = await publish(ann!);
    await favorite(bob!, slug);
    await comment(bob!, slug);
    await expect.poll(async () => (await notificationsOf(ann!)).notifications.length, SOON).toBe(3);
    for (const follower of [bob!, cem!])
      await expect.poll(listed(follower), SOON).toEqual(saying([{ kind: 'publish', slug }]));
    await markRead(cem!, { all: true });
    expect(await ann!.api.del(articlePath(slug))).toHaveStatus(204);
    await expect.poll(listed(ann!), SOON).toEqual(saying([{ kind: 'follow' }]));
    await expect.poll(listed(bob!), SOON).toEqual(saying([]));
    await expect.poll(listed(cem!), SOON).toEqual(saying([{ kind: 'publish', slug: null }]));
  });
});

describe('marking as read', () => {
  it('takes ids, passes over what is not there, and is safe to repeat', async () => {
    const [ann, bob] = await people(2);
    const slugs = [await publish(ann!), await publish(ann!)].map(({ slug }) => slug);
    for (const slug of slugs) await favorite(bob!, slug);
    await expect.poll(async () => (await notificationsOf(ann!)).unreadCount, SOON).toBe(2);
    const { notifications } = await notificationsOf(ann!);
    const ids = [notifications[0]!.id, 123_456_789];
    expect(await markRead(ann!, { ids })).toBe(1);
    expect(await markRead(ann!, { ids })).toBe(1);
    expect(await markRead(bob!, { ids: notifications.map(({ id }) => id) })).toBe(0);
    expect((await notificationsOf(ann!)).notifications.map(({ read }) => read)).toEqual([true, false]);
    const count = await ann!.api.get<{ unreadCount: number }>('/api/notifications/unread-count');
    expect(count.body).toEqual({ unreadCount: 1 });
    expect(await markRead(ann!, { ids: [] })).toBe(1);
    expect(await markRead(ann!, { all: true })).toBe(0);
  });
});

describe('a list of notifications', () => {
  it('has pages that neither miss nor repeat what was there, whatever comes meanwhile', async () => {
    const [ann, bob] = await people(2);
    for (let count = 0; count < 7; count += 1) await favorite(bob!, (await publish(ann!)).slug);
    await expect.poll(async () => (await notificationsOf(ann!)).unreadCount, SOON).toBe(7);
    const all = (await notificationsOf(ann!)).notifications.map(({ id }) => id);
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const page = await notificationsOf(ann!, `?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`);
      expect(page.notifications.length).toBeLessThanOrEqual(3);
      seen.push(...page.notifications.map(({ id }) => id));
      cursor = page.nextCursor;
      const { unreadCount } = await notificationsOf(ann!);
      await comment(bob!, (await publish(ann!)).slug);
      await expect.poll(async () => (await notificationsOf(ann!)).unreadCount, SOON).toBe(unreadCount + 1);
    } while (cursor !== null);
    expect(seen).toEqual(all);
  });
});

describe('preferences', () => {
  const path = '/api/notifications/preferences';
  const none = { follow: false, favorite: false, comment: false, publish: false };

  it('say no to e-mail until they say otherwise, kind by kind', async () => {
    const person = await register(api);
    expect((await person.api.get(path)).body).toEqual({ preferences: { email: none } });
    const put = (email: object) => person.api.put(path, { preferences: { email } });
    expect((await put({ follow: true, publish: true })).body).toEqual({
      preferences: { email: { ...none, follow: true, publish: true } },
    });
    expect((await put({ follow: false, comment: true })).body).toEqual({
      preferences: { email: { ...none, comment: true, publish: true } },
    });
    expect((await person.api.get(path)).body).toEqual({
      preferences: { email: { ...none, comment: true, publish: true } },
    });
  });

  it.each([
    {},
    { preferences: {} },
    { preferences: { email: { follow: 'yes' } } },
    { preferences: { email: { sms: true } } },
  ])('are refused when they are none: %j', async (body) => {
    const person = await register(api);
    expect(await person.api.put(path, body)).toHaveStatus(422);
  });
});

describe('notifications', () => {
  it.each([
    ['GET', ''],
    ['GET', '/unread-count'],
    ['GET', '/preferences'],
    ['PUT', '/preferences'],
    ['POST', '/read'],
    ['POST', '/stream-ticket'],
    ['GET', '/stream'],
  ])('are visible to their owner only: %s %s', async (method, path) => {
    const reply = await api.send(method, `/api/notifications${path}`, method === 'GET' ? undefined : {});
    expect(reply).toHaveStatus(401);
    expect(reply.body).toEqual({ errors: { token: ['is missing'] } });
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=1&limit=2',
    'cursor=',
    'cursor=x',
    'cursor=cDA',
    "cursor=' or 1=1 --",
    'cursor=%00',
    'cursor=a&cursor=b',
    'unread=yes',
    'unread=true&unread=false',
  ])('are not listed by nonsense: %s', async (query) => {
    const person = await register(api);
    expect(await person.api.get(`/api/notifications?${query.replaceAll(' ', '%20')}`)).toHaveStatus(422);
  });

  it.each([
    {},
    [],
    'all',
    { all: false },
    { all: 'true' },
    { ids: 1 },
    { ids: [0] },
    { ids: [-1] },
    { ids: [1.5] },
    { ids: ['1'] },
    { ids: [null] },
    { ids: [2 ** 53] },
    { ids: [1], all: true },
    { ids: Array(1001).fill(1) },
  ])('are not read by nonsense: %j', async (body) => {
    const person = await register(api);
    const reply = await person.api.post('/api/notifications/read', body);
    expect([400, 422]).toContain(reply.status);
  });
});
