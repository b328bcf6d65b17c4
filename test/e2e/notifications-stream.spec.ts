import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import {
  articlePath,
  comment,
  favorite,
  follow,
  type Person,
  publish,
  register,
} from '../support/conduit.js';
import { type EventSourceClient, openEventSource } from '../support/event-source.js';
import { notificationsOf, streamTicket } from '../support/notifications.js';
import { sendRaw } from '../support/raw-http.js';
import { api } from './client.js';

/** All events share one queue, and the other suites publish many. */
const SOON = { timeout: 60_000, interval: 50 };
vi.setConfig({ testTimeout: 120_000 });
const STREAM = `${inject('baseUrl')}/api/notifications/stream`;

const open: EventSourceClient[] = [];
afterEach(() => {
  for (const stream of open.splice(0)) stream.close();
});

/** Opens a stream as a script would, with the token in a header. */
async function streamOf(person: Person, query = '', headers: Record<string, string> = {}) {
  const stream = await openEventSource(`${STREAM}${query}`, {
    authorization: `Token ${person.token}`,
    ...headers,
  });
  open.push(stream);
  return stream;
}

/** Opens a stream as a browser would. */
async function streamBy(ticket: string, query = '') {
  const stream = await openEventSource(`${STREAM}?ticket=${ticket}${query}`);
  open.push(stream);
  return stream;
}

const people = (count: number) => Promise.all(Array.from({ length: count }, () => register(api)));
const eventsOf = ({ events }: EventSourceClient, event = 'notification') =>
  events.filter((each) => each.event === event);

describe('a stream', () => {
  it('sends notifications as they arrive, and the unread count', async () => {
    const [ann, bob] = await people(2);
    const stream = await streamOf(ann!);
    expect(stream.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(stream.headers['cache-control']).toBe('no-store');
    await expect
      .poll(() => stream.events, SOON)
      .toEqual([{ event: 'unread', id: 0, data: { unreadCount: 0 } }]);
    const { slug } = await publish(ann!);
    await favorite(bob!, slug);
    await expect.poll(() => eventsOf(stream).length, SOON).toBe(1);
    const { notifications } = await notificationsOf(ann!);
    expect(eventsOf(stream)[0]!.data).toEqual(notifications[0]);
    await expect.poll(() => eventsOf(stream, 'unread').at(-1)?.data, SOON).toEqual({ unreadCount: 1 });
    await ann!.api.post('/api/notifications/read', { all: true });
    await expect.poll(() => eventsOf(stream, 'unread').at(-1)?.data, SOON).toEqual({ unreadCount: 0 });
    expect(stream.retry()).toBeGreaterThan(0);
  });

  it('sends withdrawals', async () => {
    const [ann, bob] = await people(2);
    const stream = await streamOf(ann!);
    const { slug } = await publish(ann!);
    await favorite(bob!, slug);
    await expect.poll(() => eventsOf(stream).length, SOON).toBe(1);
    await bob!.api.del(`${articlePath(slug)}/favorite`);
    await expect
      .poll(() => eventsOf(stream, 'withdrawn').map(({ data }) => data), SOON)
      .toEqual([{ id: eventsOf(stream)[0]!.data['id'] }]);
  });

  it('is one user’s own, and the same in each of theirs', async () => {
    const [ann, bob, cem] = await people(3);
    const [one, other, others] = [await streamOf(ann!), await streamOf(ann!), await streamOf(cem!)];
    await follow(bob!, ann!);
    for (const stream of [one, other]) await expect.poll(() => eventsOf(stream).length, SOON).toBe(1);
    await follow(bob!, cem!);
    await expect.poll(() => eventsOf(others).length, SOON).toBe(1);
    expect(eventsOf(others)[0]!.data['kind']).toBe('follow');
    expect(eventsOf(one)).toEqual(eventsOf(other));
  });

  it('beats when nothing happens', async () => {
    const stream = await streamOf(await register(api));
    await expect.poll(() => stream.events.length, SOON).toBe(1);
    const before = stream.bytes();
    await expect.poll(() => stream.bytes(), SOON).toBeGreaterThan(before);
    expect(stream.events).toHaveLength(1);
  });

  it.each(['header', 'query'])(
    'goes on where it was cut off (%s), missing nothing and doubling nothing',
    async (by) => {
      const [ann, bob] = await people(2);
      const slugs = await Promise.all(Array.from({ length: 6 }, async () => (await publish(ann!)).slug));
      const first = await streamOf(ann!);
      await favorite(bob!, slugs[0]!);
      await expect.poll(() => eventsOf(first).length, SOON).toBe(1);
      first.close();
      const last = String(first.lastEventId());
      for (const slug of slugs.slice(1)) await favorite(bob!, slug);
      const second =
        by === 'header'
          ? await streamOf(ann!, '', { 'last-event-id': last })
          : await streamOf(ann!, `?lastEventId=${last}`);
      await comment(bob!, slugs[0]!);
      await expect.poll(() => eventsOf(second).length, SOON).toBe(6);
      const ids = [first, second].flatMap((stream) => eventsOf(stream).map(({ id }) => id!));
      expect(new Set(ids).size).toBe(7);
      expect(ids).toEqual(ids.toSorted((one, next) => one - next));
      const listed = (await notificationsOf(ann!)).notifications.map(({ id }) => id).toReversed();
      expect([first, second].flatMap((stream) => eventsOf(stream).map(({ data }) => data['id']))).toEqual(
        listed,
      );
    },
  );

  it('that is cut off before anything happened goes on from there', async () => {
    const [ann, bob] = await people(2);
    const first = await streamOf(ann!);
    await expect.poll(() => first.lastEventId(), SOON).toBeDefined();
    first.close();
    await follow(bob!, ann!);
    await expect.poll(async () => (await notificationsOf(ann!)).unreadCount, SOON).toBe(1);
    const second = await streamOf(ann!, '', { 'last-event-id': String(first.lastEventId()) });
    await expect.poll(() => eventsOf(second).length, SOON).toBe(1);
  });

  it.each(['-1', '1.5', 'x', '99999999999999999999', "1' or 1=1"])('does not begin at %j', async (id) => {
    const ann = await register(api);
    await expect(streamOf(ann, `?lastEventId=${encodeURIComponent(id)}`)).rejects.toThrow(/^422 /);
  });

  it('begins now where a header makes no sense, and where a number was never given', async () => {
    const [ann, bob] = await people(2);
    const streams = [
      await streamOf(ann!, '', { 'last-event-id': 'x'.repeat(100) }),
      await streamOf(ann!, '?lastEventId=999999999999999'),
    ];
    for (const stream of streams) await expect.poll(() => stream.lastEventId(), SOON).toBe(0);
    await follow(bob!, ann!);
    for (const stream of streams) await expect.poll(() => eventsOf(stream).length, SOON).toBe(1);
  });

  it('is not opened by HEAD', async () => {
    const ann = await register(api);
    const headers = { authorization: `Token ${ann.token}` };
    expect(
      await sendRaw(inject('baseUrl'), { method: 'HEAD', path: '/api/notifications/stream', headers }),
    ).toHaveStatus(405);
  });

  it('is not opened without end by one user', async () => {
    const ann = await register(api);
    const refused: string[] = [];
    // Each process counts its own, so several let more through.
    for (let tries = 0; refused.length === 0 && tries < 10; tries += 1) {
      const opened = await Promise.allSettled(Array.from({ length: 11 }, () => streamOf(ann)));
      refused.push(...opened.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : [])));
    }
    expect(refused).not.toEqual([]);
    for (const reason of refused) expect(reason).toMatch(/429 .*"stream"/);
    for (const stream of open.splice(0)) stream.close();
    await expect.poll(() => streamOf(ann).then(() => 'opened', String), SOON).toBe('opened');
  });
});

describe('a ticket', () => {
  it('opens one stream, once', async () => {
    const [ann, bob] = await people(2);
    const ticket = await streamTicket(ann!);
    expect(ticket).toMatch(/^[\w-]{43}$/);
    const stream = await streamBy(ticket);
    await follow(bob!, ann!);
    await expect.poll(() => eventsOf(stream).length, SOON).toBe(1);
    await expect(streamBy(ticket)).rejects.toThrow('401 {"errors":{"ticket":["is invalid"]}}');
  });

  it('opens one stream, even for concurrent attempts', async () => {
    const ticket = await streamTicket(await register(api));
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => streamBy(ticket)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('says when it ends, and is not kept by anybody', async () => {
    const ann = await register(api);
    const reply = await ann.api.post<{ expiresAt: string }>('/api/notifications/stream-ticket');
    expect(reply.headers.get('cache-control')).toBe('no-store');
    const left = Date.parse(reply.body.expiresAt) - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(60_000);
  });

  it.each(['', 'x', 'A'.repeat(43), 'A'.repeat(101), '%00', "' or 1=1 --"])('is not %j', async (ticket) => {
    await expect(streamBy(encodeURIComponent(ticket))).rejects.toThrow(/^(401|422) /);
  });

  it('is given only so often to one user who does not use them', async () => {
    const ann = await register(api);
    const replies = await Promise.all(
      Array.from({ length: 40 }, () => ann.api.post('/api/notifications/stream-ticket')),
    );
    const statuses = new Set(replies.map(({ status }) => status));
    expect(statuses).toEqual(new Set([201, 429]));
  });

  it('opens nothing after its user has logged out everywhere', async () => {
    const ann = await register(api);
    const tickets = await Promise.all(Array.from({ length: 10 }, () => streamTicket(ann)));
    expect(await ann.api.del('/api/sessions')).toHaveStatus(204);
    await expect.poll(() => streamBy(tickets.pop()!).catch(String), SOON).toContain('401');
  });
});

describe('the open streams of a user', () => {
  it('end when the user logs out everywhere', async () => {
    const [ann, bob] = await people(2);
    const [stream, other] = [await streamOf(ann!), await streamOf(bob!)];
    let hasOtherEnded = false;
    void other.ended.then(() => (hasOtherEnded = true));
    expect(await ann!.api.del('/api/sessions')).toHaveStatus(204);
    await stream.ended;
    await expect.poll(() => streamOf(ann!).catch(String), SOON).toContain('401');
    expect(hasOtherEnded).toBe(false);
  });
});
