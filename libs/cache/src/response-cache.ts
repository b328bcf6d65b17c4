import { LRUCache } from 'lru-cache';
import type { CountersByCache } from './cache-metrics.js';
import type { Entry } from './entry.js';
import type { MemoryStore } from './memory-store.js';

const MAX_URLS = 20_000;
const MAX_URL_LENGTH = 500;

/** Finds the responses to anonymous GETs among the entries in memory; implements the host's port of this name. */
export class ResponseCache {
  readonly #keysByUrl = new LRUCache<string, string>({ max: MAX_URLS });
  readonly #keysByBody = new WeakMap<Buffer, string>();

  constructor(
    private readonly memory: MemoryStore,
    private readonly counters: CountersByCache,
  ) {}

  /** Recognizes the bytes of an entry when they are stored as the body of a response. */
  recognize({ json, key }: Entry): void {
    this.#keysByBody.set(json, key);
  }

  /** Returns the body for a URL while its entry is valid; undefined when the route must run, as for an absent value. */
  find(url: string): Buffer | undefined {
    const key = this.#keysByUrl.get(url);
    const entry = key === undefined ? undefined : this.memory.get(key);
    if (!entry?.isServable || !entry.isFresh || entry.isNegative) return undefined;
    this.counters.of(entry.cache.name).reads.memory += 1;
    return entry.json;
  }

  /** Stores the body of a route's response; ignores one that no cache returned. */
  store(url: string, body: Buffer): void {
    const key = this.#keysByBody.get(body);
    if (key !== undefined && url.length <= MAX_URL_LENGTH) this.#keysByUrl.set(url, key);
  }
}
