import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { Api } from '../support/api-client.js';
import { atOnce } from '../support/at-once.js';
import { favorite, follow, type Person, publish, register } from '../support/conduit.js';
import { type EventSourceClient, openEventSource } from '../support/event-source.js';
import { notificationsOf, streamTicket } from '../support/notifications.js';
import { startApp } from '../support/running-app.js';
import { startTopology } from '../support/running-topology.js';

const READERS = 500;
const ARTICLES = 40;

/** A browser's page: opens a stream by a ticket, and another one whenever it ends. */
class Page {
  /** Ids of the events that came, in their order. */
  readonly seen: number[] = [];
  /** Notifications that are there, as its user would see them. */
  readonly shown = new Set<number>();
  reconnects = -1;
  #stream: EventSourceClient | undefined;
  #last: number | undefined;
  #isLeft = false;

  constructor(
    private readonly url: string,
    readonly person: Person,
  ) {}

  /** Resolves when the stream is open and has said where it begins. */
  async open(): Promise<void> {
    void this.#run();
    while (this.#last === undefined) await pause(50);
  }

  leave(): void {
    this.#isLeft = true;
    this.#stream?.close();
  }

  async #run(): Promise<void> {
    while (!this.#isLeft) {
      try {
        const ticket = await streamTicket(this.person);
        const resume = this.#last === undefined ? '' : `&lastEventId=${this.#last}`;
        this.#stream = await openEventSource(
          `${this.url}/api/notifications/stream?ticket=${ticket}${resume}`,
        );
        this.reconnects += 1;
        await this.#read(this.#stream);
      } catch {
        await pause(200 + Math.random() * 500);
      }
    }
  }

  async #read(stream: EventSourceClient): Promise<void> {
    const watch = setInterval(() => this.#take(stream), 50);
    await stream.ended;
    clearInterval(watch);
    this.#take(stream);
  }

  #take({ events }: EventSourceClient): void {
    for (const { event, id, data } of events.splice(0)) {
      this.#last = id ?? this.#last;
      if (event === 'unread') continue;
      this.seen.push(id!);
      if (event === 'notification') this.shown.add(data['id'] as number);
      else this.shown.delete(data['id'] as number);
    }
  }
}

it(
  'streams over two replicas go on when one of them dies, missing nothing and doubling nothing',
  { timeout: 400_000 },
  async () => {
    const topology = await startTopology('monolith', {
      args: ['--replicas', 'app=2'],
      env: { REGISTRATIONS_PER_MINUTE: '100000', LOG_LEVEL: 'warn' },
      within: 180_000,
    });
    onTestFinished(async () => void (await topology.stop()));
    const api = new Api(topology.url);

    const author = await register(api);
    const fan = await register(api);
    // The readers' streams are opened a few at a time, since registering costs a password each.
    const pages = await atOnce(READERS, 8, async () => {
      const person = await register(api);
      await follow(person, author);
      const page = new Page(topology.url, person);
      await page.open();
      return page;
    });
    onTestFinished(() => pages.forEach((page) => page.leave()));
    const authors = new Page(topology.url, author);
    await authors.open();
    onTestFinished(() => authors.leave());

    let published = 0;
    for (let index = 0; index < ARTICLES; index += 1) {
      if (index === ARTICLES / 2) process.kill(topology.hosts[1]!.pid, 'SIGKILL');
      const [made] = await Promise.allSettled([publish(author).then(({ slug }) => favorite(fan, slug))]);
      // One that was on the way to the replica that died is answered with an error; it may have been done or not.
      if (made.status === 'fulfilled') published += 1;
      await pause(100);
    }
    expect(published).toBeGreaterThanOrEqual(ARTICLES - 2);

    const settled = { timeout: 120_000, interval: 500 };
    const { body } = await api.get<{ articlesCount: number }>(`/api/articles?author=${author.username}`);
    await expect
      .poll(() => pages.filter(({ shown }) => shown.size === body.articlesCount).length, settled)
      .toBe(READERS);
    expect(pages.filter(({ reconnects }) => reconnects > 0).length).toBeGreaterThan(READERS / 10);
    for (const page of [...pages, authors]) {
      expect(new Set(page.seen).size).toBe(page.seen.length);
      expect(page.seen).toEqual(page.seen.toSorted((one, next) => one - next));
    }
    // The lists match the streamed events. A sample suffices, since each check fetches a list.
    for (const page of [authors, ...pages.slice(0, 10)]) {
      const { notifications } = await notificationsOf(page.person, '?limit=100');
      const there = notifications.filter(({ kind }) => kind !== 'follow').map(({ id }) => id);
      expect(there).toHaveLength(page === authors ? published : body.articlesCount);
      await expect.poll(() => there.every((id) => page.shown.has(id)), settled).toBe(true);
    }
    process.stderr.write(
      `streams: ${READERS}, ended by the crash: ${pages.filter(({ reconnects }) => reconnects > 0).length}, ` +
        `events received: ${pages.reduce((sum, { seen }) => sum + seen.length, 0)}\n`,
    );
  },
);

it('streams end first when their process shuts down', async () => {
  const app = await startApp();
  const api = new Api(app.url);
  const streams = await atOnce(10, 5, async () => {
    const person = await register(api);
    return openEventSource(`${app.url}/api/notifications/stream?ticket=${await streamTicket(person)}`);
  });
  for (const stream of streams) await expect.poll(() => stream.events.length).toBe(1);
  const stopped = performance.now();
  const exit = app.stop('SIGTERM');
  await Promise.all(streams.map(({ ended }) => ended));
  expect(performance.now() - stopped).toBeLessThan(3_000);
  expect(await exit).toBe(0);
  const waits = streams.map((stream) => stream.retry()!);
  for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(500);
  expect(new Set(waits).size).toBeGreaterThan(5);
  const logged = app.logs().filter((line) => line.includes('/api/notifications/stream?'));
  expect(logged.length).toBe(10);
  for (const line of logged) expect(line).toContain('stream?ticket=[redacted]"');
});

it('a ticket that is not used in time opens nothing', async () => {
  const app = await startApp({ env: { STREAM_TICKET_SECONDS: '1' } });
  onTestFinished(async () => void (await app.stop()));
  const person = await register(new Api(app.url));
  const ticket = await streamTicket(person);
  const expired = Date.now() + 1_000;
  while (Date.now() <= expired + 50) await pause(50);
  await expect(openEventSource(`${app.url}/api/notifications/stream?ticket=${ticket}`)).rejects.toThrow(
    /^401 /,
  );
});
