import {
  type AnswerCache,
  type AnswerPart,
  type AnswerPolicy,
  type AnswerRequest,
  type AnswerResult,
  type CallContext,
  type ConsistencyLevel,
  currentCall,
  isUnreachable,
  type PositionsByModule,
  type SessionStore,
} from '@tearline/seam';
import { AnswerFetcher } from './answer-fetcher.js';
import { answerDefinition } from './answer-definition.js';
import type { CountersByCache } from './cache-metrics.js';
import type { CacheDefinition } from './cache-definition.js';
import type { Entry } from './entry.js';
import { LoadWatermark } from './load-watermark.js';
import type { MemoryStore } from './memory-store.js';
import { MUST_LOAD, positionsFor } from './required-positions.js';

/** While an owner is unreachable, one call in so many milliseconds asks it; the others get stale answers at once. */
const RETRY_INTERVAL_MS = 250;

/** What cached answers are made of. */
export interface CachedAnswersParts {
  readonly memory: MemoryStore;
  readonly fetcher: AnswerFetcher;
  readonly counters: CountersByCache;
  /** The consistency of calls that choose none. */
  readonly defaultLevel: ConsistencyLevel;
  readonly sessions: SessionStore | undefined;
}

/** Keeps the answers of other modules as the {@link ReadCache} keeps values: with the same stores, positions and tags. */
export class CachedAnswers implements AnswerCache {
  #parts: CachedAnswersParts | undefined;
  readonly #definitions = new WeakMap<AnswerPolicy, CacheDefinition<unknown>>();
  /** By contract, until when no other call asks its owner; on the clock of `performance.now()`. */
  readonly #awayUntil = new Map<string, number>();

  /** Called once the cache exists, which is before the first call. */
  open(parts: CachedAnswersParts): void {
    this.#parts = parts;
  }

  async read(request: AnswerRequest): Promise<AnswerResult> {
    const { policy, parts } = request;
    const call = currentCall();
    if (!this.#parts || !call) return ask(request).catch((error: unknown) => unanswered(request, error));
    const cache = this.#definitionOf(policy);
    const counters = this.#parts.counters.of(cache.name);
    const required = await this.#requiredBy(call, call.consistency.level);
    if (required === MUST_LOAD || isLoadElsewhere(call)) {
      counters.reads.bypassed += parts.length;
      return this.#orStale(request, call, () => ask(request));
    }
    const found = parts.map((part) => this.#find(cache, part, required));
    const missing = parts.filter((_, at) => !found[at]);
    counters.reads.memory += parts.length - missing.length;
    if (missing.length === 0) return this.#deliver(call, found as Entry[], 'cached');
    return this.#orStale(request, call, async () => {
      const fetched = await this.#parts!.fetcher.fetch(request, cache, missing, required, counters);
      const entries = parts.map((part, at) => found[at] ?? fetched.entries.get(part.key)!);
      return this.#deliver(call, entries, fetched.isAsked ? 'asked' : 'cached');
    });
  }

  #deliver(call: CallContext, entries: readonly Entry[], source: 'cached' | 'asked'): AnswerResult {
    for (const entry of entries) {
      for (const module of entry.degraded ?? []) call.consistency.recordDegraded(module);
      if (!(call.readWatermark instanceof LoadWatermark)) continue;
      const { readPositions, freshUntil } = entry.metadata;
      call.readWatermark.merge(readPositions);
      call.readWatermark.limit(freshUntil);
    }
    return { answers: entries.map(({ value }) => value ?? null), source };
  }

  /** Serves stale answers while the owner is unreachable. */
  async #orStale(
    request: AnswerRequest,
    call: CallContext,
    answer: () => Promise<AnswerResult>,
  ): Promise<AnswerResult> {
    const { contract } = request.policy;
    if ((this.#awayUntil.get(contract) ?? 0) > performance.now()) {
      const stale = await this.#stale(request, call);
      if (!stale.includes(undefined)) return { answers: stale, source: 'stale' };
    }
    try {
      const result = await answer();
      this.#awayUntil.delete(contract);
      return result;
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      this.#awayUntil.set(contract, performance.now() + RETRY_INTERVAL_MS);
      const answers = await this.#stale(request, call);
      const isStale = answers.some((each) => each !== undefined);
      return { answers, source: isStale ? 'stale' : 'asked', error };
    }
  }

  /** Returns what may serve although it is too old. Never to a caller that asked for `strong`, nor without the caller's writes. */
  async #stale({ policy, parts }: AnswerRequest, call: CallContext): Promise<unknown[]> {
    const required = await this.#requiredBy(call, call.consistency.requestedLevel);
    if (required === MUST_LOAD || isLoadElsewhere(call)) return parts.map(() => undefined);
    const cache = this.#definitionOf(policy);
    const counters = this.#parts!.counters.of(cache.name);
    return parts.map(({ key }) => {
      const entry = this.#parts!.memory.get(cache.keyPrefix + key);
      if (!entry?.satisfies(required)) return undefined;
      if (entry.isServable) return entry.value ?? null;
      // That there was nothing once says little of now.
      const maxAge = entry.isNegative ? 0 : policy.staleIfError;
      if (entry.metadata.freshUntil + maxAge < Date.now()) return undefined;
      counters.staleReads += 1;
      return entry.value;
    });
  }

  #find(
    cache: CacheDefinition<unknown>,
    { key }: AnswerPart,
    required: PositionsByModule,
  ): Entry | undefined {
    const entry = this.#parts!.memory.get(cache.keyPrefix + key);
    return entry?.isServable && entry.satisfies(required) ? entry : undefined;
  }

  #requiredBy(call: CallContext, level: ConsistencyLevel | undefined) {
    const { defaultLevel, sessions } = this.#parts!;
    return positionsFor(call, level ?? defaultLevel, sessions);
  }

  #definitionOf(policy: AnswerPolicy): CacheDefinition<unknown> {
    const known = this.#definitions.get(policy);
    if (known) return known;
    const defined = answerDefinition(policy);
    this.#definitions.set(policy, defined);
    return defined;
  }
}

/** A load on another host cannot learn the age of its answers, so it gets none from the cache. */
const isLoadElsewhere = ({ readWatermark }: CallContext) =>
  readWatermark !== undefined && !(readWatermark instanceof LoadWatermark);

async function ask({ parts, ask: askOwner }: AnswerRequest): Promise<AnswerResult> {
  const fresh = await askOwner(parts);
  return { answers: fresh.map(({ json }) => json), source: 'asked' };
}

/** @throws `error` when the owner has answered with it */
function unanswered({ parts }: AnswerRequest, error: unknown): AnswerResult {
  if (!isUnreachable(error)) throw error;
  return { answers: parts.map(() => undefined), source: 'asked', error };
}
