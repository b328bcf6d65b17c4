import { setTimeout as pause } from 'node:timers/promises';
import { Api } from '../../support/api-client.js';
import {
  type Article,
  comment,
  favorite,
  follow,
  type Person,
  publish,
  register,
} from '../../support/conduit.js';

const WRITERS = 8;
const STARS = 3;
const ARTICLE_INTERVAL = 12;

const kinds = ['follow', 'favorite', 'comment', 'publish'] as const;
type Kind = (typeof kinds)[number];

interface Notification {
  readonly kind: Kind;
  readonly actorCount: number;
}
interface Page {
  readonly notifications: readonly Notification[];
  readonly nextCursor: string | null;
}

/** Notifications of a user, by kind. */
type Counts = Record<Kind, number>;
const nothing = (): Counts => ({ follow: 0, favorite: 0, comment: 0, publish: 0 });

/**
 * Users who write at a constant rate and count the notifications that follow. Each favors and comments an article once, and
 * users who are followed during the run publish nothing, so the expected number of notifications is exact.
 */
export class SimulatedUsers {
  /** Requests that succeeded. */
  acknowledged = 0;
  /** Requests that failed. */
  readonly failures: string[] = [];
  /** Milliseconds of the slowest answer. */
  slowest = 0;
  readonly #expected = new Map<Person, Counts>();
  readonly #articles: { article: Article; author: Person }[] = [];
  #isStopped = false;
  #writing: Promise<void>[] = [];

  private constructor(
    private readonly writers: readonly Person[],
    private readonly stars: readonly Person[],
    private readonly rate: number,
  ) {
    for (const person of [...writers, ...stars]) this.#expected.set(person, nothing());
  }

  /** Registers users; each writer follows the next three. */
  static async register(url: string, rate: number): Promise<SimulatedUsers> {
    const api = new Api(url);
    const people = await Promise.all(Array.from({ length: WRITERS + STARS }, () => register(api)));
    const users = new SimulatedUsers(people.slice(0, WRITERS), people.slice(WRITERS), rate);
    await Promise.all(
      users.writers.map(async (writer) => {
        for (const other of users.followedBy(writer)) await users.follow(writer, other);
      }),
    );
    return users;
  }

  start(): void {
    this.#writing = this.writers.map((writer) => this.write(writer));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#writing);
  }

  /** Counts the notifications of all users: expected, missing and surplus. */
  async count(): Promise<{ expected: number; lost: number; doubled: number }> {
    const sum = { expected: 0, lost: 0, doubled: 0 };
    for (const [person, expected] of this.#expected) {
      const found = await notificationsOf(person);
      for (const kind of kinds) {
        sum.expected += expected[kind];
        sum.lost += Math.max(0, expected[kind] - found[kind]);
        sum.doubled += Math.max(0, found[kind] - expected[kind]);
      }
    }
    return sum;
  }

  private followedBy(writer: Person): Person[] {
    const at = this.writers.indexOf(writer);
    return [1, 2, 3].map((step) => this.writers[(at + step) % this.writers.length]!);
  }

  private async write(writer: Person): Promise<void> {
    const interval = (1000 * this.writers.length) / this.rate;
    const stars = [...this.stars];
    const todo: (() => Promise<void>)[] = [];
    let seen = 0;
    for (let turn = 0; !this.#isStopped; turn += 1) {
      const begun = performance.now();
      for (; seen < this.#articles.length; seen += 1) {
        const { article, author } = this.#articles[seen]!;
        if (author === writer) continue;
        todo.push(
          () => this.attempt(() => favorite(writer, article.slug), [author], 'favorite'),
          () => this.attempt(() => comment(writer, article.slug), [author], 'comment'),
        );
      }
      const star = turn % 40 === 20 ? stars.pop() : undefined;
      if (star) await this.follow(writer, star);
      else if (turn % ARTICLE_INTERVAL === 0 || todo.length === 0) await this.publish(writer);
      else await todo.splice(Math.floor(Math.random() * todo.length), 1)[0]!();
      await pause(Math.max(0, interval * (0.5 + Math.random()) - (performance.now() - begun)));
    }
  }

  private follow(writer: Person, other: Person): Promise<void> {
    return this.attempt(() => follow(writer, other), [other], 'follow');
  }

  private publish(author: Person): Promise<void> {
    const followers = this.writers.filter((writer) => this.followedBy(writer).includes(author));
    const write = async () => void this.#articles.push({ article: await publish(author), author });
    return this.attempt(write, followers, 'publish');
  }

  private async attempt(write: () => Promise<unknown>, notified: Person[], kind: Kind): Promise<void> {
    const begun = performance.now();
    try {
      await write();
      this.acknowledged += 1;
      for (const person of notified) this.#expected.get(person)![kind] += 1;
    } catch (error) {
      this.failures.push(`${kind}: ${String(error)}`);
    }
    this.slowest = Math.max(this.slowest, performance.now() - begun);
  }
}

async function notificationsOf({ api }: Person): Promise<Counts> {
  const counts = nothing();
  let cursor: string | null = '';
  do {
    const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const reply = await api.get<Page>(`/api/notifications?limit=100${query}`);
    if (reply.status !== 200) throw new Error(`notifications answered ${reply.status}: ${reply.text}`);
    for (const { kind, actorCount } of reply.body.notifications) counts[kind] += actorCount;
    cursor = reply.body.nextCursor;
  } while (cursor);
  return counts;
}
