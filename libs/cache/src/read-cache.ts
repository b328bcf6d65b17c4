import type { Cache } from '@nestjs/cache-manager';
import { Logger } from '@nestjs/common';
import {
  type ConsistencyLevel,
  currentCall,
  outsideCalls,
  type Positions,
  type SessionStore,
} from '@tearline/seam';
import { LRUCache } from 'lru-cache';
import { CacheCounts, type Outcome } from './cache-counts.js';
import type { Cached } from './cached.js';
import { Changes } from './changes.js';
import { Entry } from './entry.js';
import { type Fetched, Fetching, type Load, type Question } from './fetching.js';
import type { Broadcaster } from './broadcaster.js';
import type { MemoryLevel } from './memory-level.js';
import { EVERYTHING, type Need, needOf } from './need.js';
import type { RedisLevel } from './redis-level.js';
import { moduleOf, type Stamp, stampOf, type Tag } from './stamp.js';

/** What the cache of a process is made of; without a memory it is off. */
export interface ReadCacheParts {
  readonly cache: Cache;
  readonly changes: Changes;
  readonly memory: MemoryLevel;
  readonly redis: RedisLevel | undefined;
  readonly broadcaster: Broadcaster | undefined;
  readonly sessions: SessionStore | undefined;
  /** What reads see that do not say. */
  readonly level: ConsistencyLevel;
}

interface Flight {
  readonly began: number;
  readonly fetched: Promise<Fetched<unknown>>;
}

const MOST_URLS = 20_000;
const LONGEST_URL = 500;
const TOPIC = 'cache';
const TELL_MS = 100;
/** Then a reader whom nothing suits that others load loads for itself. */
const MOST_JOINED = 2;

/**
 * Keeps what modules read, for everybody who may see it: a reader gets nothing that lacks what it has written itself, or
 * what this process has heard of.
 */
export class ReadCache {
  readonly #log = new Logger('Cache');
  readonly #flights = new Map<string, Flight>();
  /** Keys of answers by the URLs that they were given for. */
  readonly #urls = new LRUCache<string, string>({ max: MOST_URLS });
  readonly #refreshing = new Set<string>();
  readonly #counts = new Map<string, CacheCounts>();
  readonly #fetching: Fetching | undefined;
  readonly #forget: ((() => void) | undefined)[] = [];

  constructor(private readonly parts: ReadCacheParts | undefined) {
    if (!parts) return;
    const { cache, memory, redis, changes, broadcaster } = parts;
    this.#fetching = new Fetching(cache, memory, redis, changes);
    // Others have not heard of these either, where Redis carries the broadcasts.
    if (redis) redis.onReturn = (stamps) => stamps.forEach((stamp) => broadcaster?.publish(TOPIC, [stamp]));
    this.#forget.push(
      broadcaster?.subscribe(TOPIC, (message) => this.#hear(message as [Tag, Stamp][])),
      broadcaster?.onMissed(() => this.#distrust()),
    );
  }

  /** Of each kind of value how it was read. */
  get counts(): ReadonlyMap<string, CacheCounts> {
    return this.#counts;
  }

  /**
   * The value as JSON, in the bytes that are sent; undefined when there is none. At once where it is in memory.
   * @param key of the value, among those of its kind
   * @param tags what the value is made of, as far as the key says
   */
  json<T>(
    what: Cached<T>,
    key: string,
    tags: readonly Tag[],
    load: Load<T>,
  ): Buffer | undefined | Promise<Buffer | undefined> {
    const entry = this.#read({ what, key: what.prefix + key, tags, load });
    return entry instanceof Promise ? entry.then(jsonOf) : jsonOf(entry);
  }

  /** The value itself, which must not be changed; undefined when there is none. */
  async value<T>(what: Cached<T>, key: string, tags: readonly Tag[], load: Load<T>): Promise<T | undefined> {
    return (await this.#read({ what, key: what.prefix + key, tags, load })).value;
  }

  /**
   * What a URL was answered with before to somebody who has not said who they are, if that is good still: the host's port
   * for answers that are known before a route is asked.
   */
  find(url: string): Buffer | undefined {
    const key = this.#urls.get(url);
    if (key === undefined || this.parts?.level === 'strong') return undefined;
    const entry = this.parts?.memory.find(key);
    if (!entry || entry.isOutdated || entry.freshUntil < Date.now()) return undefined;
    this.#countsOf(entry.what.name).reads.memory += 1;
    return entry.json;
  }

  /** A URL was answered so to one of those. */
  note(url: string, answer: Buffer): void {
    const entry = Entry.of(answer);
    if (entry && this.parts && url.length <= LONGEST_URL) this.#urls.set(url, entry.key);
  }

  /**
   * Something has changed, and is committed: from now on nobody here gets what does not show it, and soon nobody
   * elsewhere does. Resolves when the others are about to hear of it, within 100 ms, and never fails.
   * @param tags what has changed, each of the module that has written it
   */
  async changed(...tags: Tag[]): Promise<void> {
    if (!this.parts) return;
    const call = currentCall();
    const stamps = tags.map((tag) => [tag, stampOf(call?.consistency.of(moduleOf(tag)))] as const);
    this.#hear(stamps);
    try {
      await this.#tell(stamps);
    } catch (error) {
      this.#log.error({ msg: 'other hosts were not told of a change', tags, err: error });
    }
  }

  close(): void {
    for (const forget of this.#forget) forget?.();
  }

  async #tell(stamps: readonly (readonly [Tag, Stamp])[]): Promise<void> {
    const { redis, broadcaster } = this.parts!;
    if (!redis?.isUp) {
      broadcaster?.publish(TOPIC, stamps);
      await redis?.stamp(stamps);
      return;
    }
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, TELL_MS);
    await Promise.race([
      Promise.all([redis.stamp(stamps), broadcaster?.publishNow(TOPIC, stamps)]),
      late.promise,
    ]);
    clearTimeout(timer);
  }

  #hear(stamps: readonly (readonly [Tag, Stamp])[]): void {
    const { changes, memory } = this.parts!;
    for (const [tag, stamp] of stamps) if (changes.note(tag, stamp)) memory.outdate(tag, stamp);
  }

  /** What others have changed meanwhile is not known. */
  #distrust(): void {
    this.parts!.changes.missSome();
    this.parts!.memory.outdateAll();
  }

  #read<T>(question: Question<T>): Entry<T> | Promise<Entry<T>> {
    const counts = this.#countsOf(question.what.name);
    if (!this.parts) return this.#pass(question, counts);
    const need = needOf(this.parts.level, this.parts.sessions);
    if (need instanceof Promise) return need.then((known) => this.#serve(question, known, counts));
    return this.#serve(question, need, counts);
  }

  #serve<T>(question: Question<T>, need: Need, counts: CacheCounts): Entry<T> | Promise<Entry<T>> {
    if (need === EVERYTHING) return this.#pass(question, counts);
    const kept = this.#keptFor(question, need);
    if (!kept) return this.#join(question, need, counts);
    if (kept.freshUntil < Date.now()) this.#refresh(question, counts);
    return this.#give(kept, 'memory', counts);
  }

  /** Past the cache. */
  async #pass<T>({ what, key, load }: Question<T>, counts: CacheCounts): Promise<Entry<T>> {
    counts.reads.bypassed += 1;
    return Entry.unkept(what, key, await load(() => undefined));
  }

  /** Waits for a load that is under way, or begins one. */
  async #join<T>(question: Question<T>, need: Positions, counts: CacheCounts): Promise<Entry<T>> {
    const { key } = question;
    const { changes } = this.parts!;
    const arrived = changes.now;
    for (let joined = 0; joined < MOST_JOINED; joined += 1) {
      const flight = this.#flights.get(key);
      if (!flight) break;
      const entry = (await flight.fetched).entry as Entry<T>;
      const isCurrent = flight.began >= arrived || changes.areIn(entry, flight.began);
      if (isCurrent && entry.suits(need)) return this.#give(entry, 'waited', counts);
    }
    const { entry, by } = await this.#fly(question, need, counts);
    if (entry.freshUntil < Date.now() && by === 'redis') this.#refresh(question, counts);
    return this.#give(entry, by, counts);
  }

  async #fly<T>(question: Question<T>, need: Positions, counts: CacheCounts): Promise<Fetched<T>> {
    const { key } = question;
    const flight = { began: this.parts!.changes.now, fetched: this.#fetching!.fetch(question, need) };
    if (!this.#flights.has(key)) this.#flights.set(key, flight);
    try {
      return await flight.fetched;
    } catch (error) {
      counts.failed += 1;
      throw error;
    } finally {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    }
  }

  #give<T>(entry: Entry<T>, by: Outcome, counts: CacheCounts): Entry<T> {
    counts.reads[by] += 1;
    currentCall()?.reach?.merge(entry.reach);
    return entry;
  }

  /** Fetches a value anew while readers still get the old one. */
  #refresh<T>(question: Question<T>, counts: CacheCounts): void {
    const { key, what } = question;
    counts.stale += 1;
    if (this.#refreshing.has(key)) return;
    this.#refreshing.add(key);
    void outsideCalls(() => this.#fetching!.refresh(question))
      .then(
        (isDone) => (counts.refreshed += isDone ? 1 : 0),
        (error: unknown) => {
          counts.failed += 1;
          this.#log.warn({ msg: `${what.name} not refreshed`, err: error });
        },
      )
      .finally(() => this.#refreshing.delete(key));
  }

  #countsOf(name: string): CacheCounts {
    let counts = this.#counts.get(name);
    if (!counts) this.#counts.set(name, (counts = new CacheCounts()));
    return counts;
  }

  #keptFor<T>({ key }: Question<T>, need: Positions): Entry<T> | undefined {
    const entry = this.parts!.memory.find(key) as Entry<T> | undefined;
    if (!entry || entry.isOutdated || !entry.suits(need) || entry.staleUntil < Date.now()) return undefined;
    return entry;
  }
}

const jsonOf = (entry: Entry) => (entry.isAbsent ? undefined : entry.json);
