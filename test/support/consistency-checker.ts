import { setTimeout as pause } from 'node:timers/promises';
import type { Reply } from './api-client.js';
import { Api } from './api-client.js';
import {
  type ArticleBody,
  articlePath,
  newArticle,
  profilePath,
  register,
  type ProfileBody,
  type UserBody,
} from './conduit.js';
import { notificationsOf } from './notifications.js';
import { TokenJar } from './token-jar.js';

/** What happened while many sessions wrote and read through many hosts. */
export interface CheckReport {
  writes: number;
  reads: number;
  /** Reads that did not show an earlier write of their own session. */
  behind: string[];
  /** 503 responses, by kind of request. */
  unavailable: { writes: number; reads: number };
  /** Articles without a notification of a follower who had followed before: a job that read stale data. */
  unnotified: string[];
  /** Notifications of one article that a user has more than once. */
  doubled: string[];
  /** Acknowledged writes that are missing at the end. */
  lost: string[];
  /** Unexpected responses and broken connections. */
  wrong: string[];
  /** Milliseconds of the slowest response. */
  slowest: number;
  /** Longest time without an acknowledged write, in milliseconds. */
  gap: number;
}

interface CheckOptions {
  hosts: readonly string[];
  sessions: number;
  /** Whether each session sends its consistency tokens; otherwise the hosts keep its positions by user. */
  carriesTokens: boolean;
  /** Maximal pause of a session between two requests. */
  thinkMs?: number;
}

/** A user who writes and reads, with the acknowledged writes. */
interface Session {
  readonly username: string;
  /** A client for each host. */
  readonly clients: readonly Api[];
  readonly follows: Set<Session>;
  /** Articles of followed users, each of which needs a notification. */
  readonly awaited: string[];
  /** Their own articles, each with what its body is at least. */
  readonly articles: { readonly slug: string; body: number }[];
  bio: number;
}

const anyOf = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;

const NOTIFICATION_TIMEOUT_MS = 60_000;
const MAX_READ_ATTEMPTS = 10;

/** Runs sessions that write increasing numbers, and checks that no read returns less than the acknowledged number. */
export class ConsistencyChecker {
  readonly report: CheckReport = {
    writes: 0,
    reads: 0,
    behind: [],
    unnotified: [],
    doubled: [],
    lost: [],
    unavailable: { writes: 0, reads: 0 },
    wrong: [],
    slowest: 0,
    gap: 0,
  };
  #isOver = false;
  #lastWrite = performance.now();
  #people: Session[] = [];
  #next = 1;
  #waiting: { kind: 'writes' | 'reads'; since: number; resolve: (milliseconds: number) => void }[] = [];

  constructor(private readonly options: CheckOptions) {}

  /** Runs until `during` has ended. */
  async run(during: () => Promise<void>): Promise<CheckReport> {
    const { sessions, hosts, carriesTokens } = this.options;
    for (let index = 0; index < sessions; index += 1) {
      const { token, username } = await register(new Api(hosts[index % hosts.length]!));
      const jar = carriesTokens ? new TokenJar() : undefined;
      const clients = hosts.map((host) => new Api(host, token, () => {}, jar));
      this.#people.push({ username, clients, follows: new Set(), awaited: [], articles: [], bio: 0 });
    }
    this.#lastWrite = performance.now();
    const working = this.#people.map((session) => this.#work(session));
    try {
      await during();
    } finally {
      this.#isOver = true;
    }
    await Promise.all(working);
    return this.report;
  }

  /** Returns milliseconds until a request that begins from now on succeeds; a write must be acknowledged. */
  recovery(kind: 'writes' | 'reads'): Promise<number> {
    return new Promise((resolve) => this.#waiting.push({ kind, since: performance.now(), resolve }));
  }

  /** Measures the longest time without a write from now on. */
  restartGap(): void {
    this.report.gap = 0;
  }

  /** Checks at the end that every acknowledged write and every notification is there. */
  async settle(): Promise<CheckReport> {
    const strongly = { consistency: 'strong' };
    await Promise.all(
      this.#people.map(async ({ username, clients, bio, articles, awaited }) => {
        const [api] = clients;
        const { user } = (await whenAvailable(() => api!.get<UserBody>('/api/user', strongly))).body;
        if (Number(user.bio ?? 0) < bio) this.report.lost.push(`${username}: bio ${user.bio} after ${bio}`);
        for (const { slug, body } of articles) {
          const found = await whenAvailable(() => api!.get<ArticleBody>(articlePath(slug), strongly));
          if (found.status !== 200) this.report.lost.push(`${slug}: ${found.status}`);
          else if (Number(found.body.article.body) < body)
            this.report.lost.push(`${slug}: ${found.body.article.body} after ${body}`);
        }
        const until = performance.now() + NOTIFICATION_TIMEOUT_MS;
        let missing = awaited;
        while (missing.length > 0) {
          const notified = new Set(await notifiedSlugsOf(api!));
          missing = awaited.filter((slug) => !notified.has(slug));
          if (performance.now() > until) break;
          await pause(100);
        }
        this.report.unnotified.push(...missing);
        const all = (await notifiedSlugsOf(api!)).filter((slug) => slug !== undefined);
        this.report.doubled.push(...all.filter((slug, index) => all.indexOf(slug) !== index));
      }),
    );
    return this.report;
  }

  async #work(session: Session): Promise<void> {
    const { thinkMs = 30 } = this.options;
    while (!this.#isOver) {
      await this.#step(session, Math.random());
      await pause(Math.random() * thinkMs);
    }
  }

  async #step(session: Session, chance: number): Promise<void> {
    const { username, clients, articles } = session;
    const api = anyOf(clients);
    // A consistency token gives read-your-writes to anonymous readers, too.
    const reader = this.options.carriesTokens && Math.random() < 0.7 ? api.as() : api;
    const own = articles.at(-1);
    if (own === undefined || chance < 0.05) return this.#publish(session);
    if (chance < 0.07) return this.#follow(session);
    if (chance < 0.2) {
      const bio = this.#next++;
      if (await this.#write(() => api.put('/api/user', { user: { bio: `${bio}` } }))) session.bio = bio;
    } else if (chance < 0.3) {
      const body = this.#next++;
      const change = { article: { body: `${body}` } };
      if (await this.#write(() => api.put(articlePath(own.slug), change))) own.body = body;
    } else if (chance < 0.55) {
      const read = () => api.get<UserBody>('/api/user');
      await this.#read(read, ({ user }) => user.bio, session.bio, 'user');
    } else if (chance < 0.75) {
      const read = () => reader.get<ProfileBody>(profilePath(username));
      await this.#read(read, ({ profile }) => profile.bio, session.bio, 'profile');
    } else {
      const read = () => reader.get<ArticleBody>(articlePath(own.slug));
      await this.#read(read, ({ article }) => article.body, own.body, 'article');
    }
  }

  /** Every follower at the start of the request must be notified. */
  async #publish(session: Session): Promise<void> {
    const body = this.#next++;
    const fans = this.#people.filter(({ follows }) => follows.has(session));
    const article = newArticle({ body: `${body}` });
    const reply = await this.#write(() =>
      anyOf(session.clients).post<ArticleBody>('/api/articles', { article }),
    );
    if (!reply) return;
    const { slug } = reply.body.article;
    session.articles.push({ slug, body });
    // A page of notifications shows a hundred.
    for (const { awaited } of fans) if (awaited.length < 80) awaited.push(slug);
  }

  /** Follows another user, who then publishes an article. */
  async #follow(session: Session): Promise<void> {
    const other = anyOf(this.#people);
    if (other === session) return;
    const path = `${profilePath(other.username)}/follow`;
    if (!(await this.#write(() => anyOf(session.clients).post(path)))) return;
    session.follows.add(other);
    await this.#publish(other);
  }

  async #write<T>(send: () => Promise<Reply<T>>): Promise<Reply<T> | undefined> {
    const reply = await this.#ask(send, 'writes');
    if (!reply) return undefined;
    if (reply.status >= 300) {
      this.report.wrong.push(`a write was answered ${reply.status} ${reply.text}`);
      return undefined;
    }
    const now = performance.now();
    this.report.gap = Math.max(this.report.gap, now - this.#lastWrite);
    this.#lastWrite = now;
    this.report.writes += 1;
    return reply;
  }

  async #read<T>(
    send: () => Promise<Reply<T>>,
    shown: (body: T) => string | null,
    acknowledged: number,
    what: string,
  ): Promise<void> {
    const reply = await this.#ask(send, 'reads');
    if (!reply) return;
    this.report.reads += 1;
    if (reply.status === 404 || reply.status === 401) this.report.behind.push(`${what}: ${reply.status}`);
    else if (reply.status !== 200)
      this.report.wrong.push(`a read was answered ${reply.status} ${reply.text}`);
    else if (Number(shown(reply.body) ?? 0) < acknowledged)
      this.report.behind.push(`${what}: ${shown(reply.body)} after ${acknowledged}`);
  }

  #succeeded(kind: 'writes' | 'reads', began: number): void {
    const now = performance.now();
    const isResolved = (one: { kind: string; since: number }) => one.kind === kind && one.since <= began;
    for (const { since, resolve } of this.#waiting.filter(isResolved)) resolve(now - since);
    this.#waiting = this.#waiting.filter((one) => !isResolved(one));
  }

  async #ask<T>(send: () => Promise<Reply<T>>, kind: 'writes' | 'reads'): Promise<Reply<T> | undefined> {
    const started = performance.now();
    try {
      const reply = await send();
      this.report.slowest = Math.max(this.report.slowest, performance.now() - started);
      if (reply.status < 300) this.#succeeded(kind, started);
      if (reply.status !== 503) return reply;
      this.report.unavailable[kind] += 1;
      if (reply.headers.get('retry-after') === null) this.report.wrong.push('503 without Retry-After');
      await pause(100);
    } catch (error) {
      // `fetch failed` alone says nothing.
      this.report.wrong.push(`${String(error)}: ${String((error as Error).cause)}`);
    }
    return undefined;
  }
}

/** Repeats a read that was not answered in time. */
async function whenAvailable<T>(read: () => Promise<Reply<T>>): Promise<Reply<T>> {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await read();
    if ((reply.status !== 503 && reply.status !== 504) || attempt === MAX_READ_ATTEMPTS) return reply;
    await pause(100 * attempt);
  }
}

/** Returns the article of each notification of a user, from all pages. */
async function notifiedSlugsOf(api: Api): Promise<(string | undefined)[]> {
  const slugs: (string | undefined)[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await notificationsOf({ api }, `?limit=100${cursor && `&cursor=${cursor}`}`);
    for (const { article } of page.notifications) slugs.push(article?.slug);
    cursor = page.nextCursor;
  }
  return slugs;
}
