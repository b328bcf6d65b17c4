import type { PositionsByModule } from '@tearline/seam';
import type { CacheRequest } from './cache-request.js';
import type { EntryFetcher, FetchedEntry } from './entry-fetcher.js';
import type { InvalidationLog } from './invalidation-log.js';

/** @property startedAt the sequence of the invalidation log at its start */
type InFlightFetch = Readonly<{ startedAt: number; result: Promise<FetchedEntry<unknown>> }>;

/** After so many shared fetches that do not satisfy a reader, it fetches by itself. */
const MAX_SHARED_FETCHES = 2;

/** Lets concurrent readers of a key share one fetch in this process. */
export class SingleFlight {
  readonly #fetches = new Map<string, InFlightFetch>();

  constructor(
    private readonly fetcher: EntryFetcher,
    private readonly invalidations: InvalidationLog,
  ) {}

  async fetch<T>(request: CacheRequest<T>, required: PositionsByModule): Promise<FetchedEntry<T>> {
    const arrivedAt = this.invalidations.sequence;
    for (let attempt = 0; attempt < MAX_SHARED_FETCHES; attempt += 1) {
      const shared = this.#fetches.get(request.key);
      if (!shared) break;
      const { entry } = (await shared.result) as FetchedEntry<T>;
      const isCurrent =
        shared.startedAt >= arrivedAt || this.invalidations.isCurrent(entry, shared.startedAt);
      if (isCurrent && entry.satisfies(required)) return { entry, source: 'coalesced' };
    }
    return this.#start(request, required);
  }

  async #start<T>(request: CacheRequest<T>, required: PositionsByModule): Promise<FetchedEntry<T>> {
    const { key } = request;
    const inFlight = {
      startedAt: this.invalidations.sequence,
      result: this.fetcher.fetch(request, required),
    };
    if (!this.#fetches.has(key)) this.#fetches.set(key, inFlight);
    try {
      return await inFlight.result;
    } finally {
      if (this.#fetches.get(key) === inFlight) this.#fetches.delete(key);
    }
  }
}
