import { type CallContext, currentCall } from '@tearline/seam';
import { LRUCache } from 'lru-cache';
import type { CountersByCache } from './cache-metrics.js';
import type { Entry } from './entry.js';
import type { MemoryStore } from './memory-store.js';

const MAX_URLS_BYTES = 8 * 1_048_576;
const MAX_URL_LENGTH = 500;
const OVERHEAD_BYTES = 100;

/** Finds the responses to anonymous GETs among the entries in memory; implements the host's port of this name. */
export class ResponseCache {
  readonly #keysByUrl = new LRUCache<string, string>({
    maxSize: MAX_URLS_BYTES,
    sizeCalculation: (key, url) => OVERHEAD_BYTES + 2 * (key.length + url.length),
  });
  readonly #keysByBody = new WeakMap<Buffer, string>();
  readonly #byCall = new WeakMap<CallContext, Entry>();

  /**
   * @param memory undefined when each route must run
   * @param isPurged whether shared caches learn of invalidations
   */
  constructor(
    private readonly memory: MemoryStore | undefined,
    private readonly counters: CountersByCache,
    private readonly isPurged: boolean,
  ) {}

  /** Recognizes an entry in the response to the current call. A degraded response is stored nowhere, so it comes from none. */
  recognize(entry: Entry): void {
    const call = currentCall();
    if (call?.consistency.degraded) return;
    if (this.memory && entry.key !== '' && !entry.isNegative) this.#keysByBody.set(entry.json, entry.key);
    if (call) this.#byCall.set(call, entry);
  }

  /** Returns what the response to a call is made of, also when there is no value; undefined when it comes from no entry. */
  sourceOf(call: CallContext): { etag: string; surrogateKeys: string | undefined } | undefined {
    const entry = this.#byCall.get(call);
    return entry && { etag: entry.etag, surrogateKeys: this.isPurged ? entry.surrogateKeys : undefined };
  }

  /** Returns the entry for a URL while it is valid; undefined when the route must run, as for an absent value. */
  find(url: string): Entry | undefined {
    const key = this.#keysByUrl.get(url);
    const entry = key === undefined ? undefined : this.memory?.get(key);
    if (!entry?.isServable || !entry.isFresh || entry.isNegative) return undefined;
    this.counters.of(entry.cache.name).reads.memory += 1;
    return entry;
  }

  /** Stores the body of a route's response; ignores one that no cache returned. */
  store(url: string, body: Buffer): void {
    const key = this.#keysByBody.get(body);
    if (key !== undefined && url.length <= MAX_URL_LENGTH) this.#keysByUrl.set(url, key);
  }
}
