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
import { TokenJar } from './token-jar.js';

/** What happened while many sessions wrote and read through many hosts. */
export interface CheckReport {
  writes: number;
  reads: number;
  /** Reads that did not show what their own session had written before. */
  behind: string[];
  /** Answers 503, by what was asked. */
  unavailable: { writes: number; reads: number };
  /** Answers that nothing explains, and connections that broke. */
  wrong: string[];
  /** Milliseconds of the longest answer. */
  slowest: number;
  /** Longest time without an acknowledged write, in milliseconds. */
  gap: number;
}

interface CheckOptions {
  hosts: readonly string[];
  sessions: number;
  /** Whether each session brings its tokens along; else the hosts have to remember who it is. */
  carriesTokens: boolean;
  /** How long sessions think between two requests, at most. */
  thinkMs?: number;
}

/** Sessions that write numbers which only grow, and look whether they read a smaller one than was acknowledged. */
export class ConsistencyChecker {
  readonly report: CheckReport = {
    writes: 0,
    reads: 0,
    behind: [],
    unavailable: { writes: 0, reads: 0 },
    wrong: [],
    slowest: 0,
    gap: 0,
  };
  #isOver = false;
  #lastWrite = performance.now();

  constructor(private readonly options: CheckOptions) {}

  /** Runs until `during` has ended. */
  async run(during: () => Promise<void>): Promise<CheckReport> {
    const { sessions, hosts } = this.options;
    const people = [];
    for (let index = 0; index < sessions; index += 1)
      people.push(await register(new Api(hosts[index % hosts.length]!)));
    this.#lastWrite = performance.now();
    const working = people.map(({ token, username }) => this.#session(token, username));
    try {
      await during();
    } finally {
      this.#isOver = true;
    }
    await Promise.all(working);
    return this.report;
  }

  async #session(token: string, username: string): Promise<void> {
    const { hosts, carriesTokens, thinkMs = 30 } = this.options;
    const jar = carriesTokens ? new TokenJar() : undefined;
    const clients = hosts.map((host) => new Api(host, token, () => {}, jar));
    const anyone = () => clients[Math.floor(Math.random() * clients.length)]!;
    // With its token in hand nobody needs a name to read what they have written.
    const reader = () => (jar && Math.random() < 0.7 ? anyone().as() : anyone());
    const own = { bio: 0, body: 0, slug: '' };
    let next = 1;
    while (!this.#isOver) {
      const chance = Math.random();
      if (chance < 0.15) {
        const number = next++;
        if (await this.#write(() => anyone().put('/api/user', { user: { bio: `${number}` } })))
          own.bio = number;
      } else if (chance < 0.2 || own.slug === '') {
        const number = next++;
        const article = newArticle({ body: `${number}` });
        const reply = await this.#write(() => anyone().post<ArticleBody>('/api/articles', { article }));
        if (reply) Object.assign(own, { slug: reply.body.article.slug, body: number });
      } else if (chance < 0.3) {
        const number = next++;
        const change = { article: { body: `${number}` } };
        if (await this.#write(() => anyone().put(articlePath(own.slug), change))) own.body = number;
      } else if (chance < 0.55) {
        await this.#read(
          () => anyone().get<UserBody>('/api/user'),
          ({ user }) => user.bio,
          own.bio,
          'user',
        );
      } else if (chance < 0.75) {
        const path = profilePath(username);
        await this.#read(
          () => reader().get<ProfileBody>(path),
          ({ profile }) => profile.bio,
          own.bio,
          'profile',
        );
      } else {
        const path = articlePath(own.slug);
        await this.#read(
          () => reader().get<ArticleBody>(path),
          ({ article }) => article.body,
          own.body,
          'article',
        );
      }
      await pause(Math.random() * thinkMs);
    }
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

  async #ask<T>(send: () => Promise<Reply<T>>, kind: 'writes' | 'reads'): Promise<Reply<T> | undefined> {
    const started = performance.now();
    try {
      const reply = await send();
      this.report.slowest = Math.max(this.report.slowest, performance.now() - started);
      if (reply.status !== 503) return reply;
      this.report.unavailable[kind] += 1;
      if (reply.headers.get('retry-after') === null) this.report.wrong.push('503 without Retry-After');
      await pause(100);
    } catch (error) {
      this.report.wrong.push(String(error));
    }
    return undefined;
  }
}
