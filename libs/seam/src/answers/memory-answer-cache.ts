import { type CallContext, currentCall } from '../call/call-context.js';
import type { AnswerCache, AnswerPart, AnswerRequest, AnswerResult, FreshAnswer } from './answer-cache.js';
import { isUnreachable } from './unreachable.js';

/** Options of a {@link MemoryAnswerCache}. */
export interface MemoryAnswerCacheOptions {
  /** Answers that are kept at most, of all queries; 10,000 by default. The least recently used ones go first. */
  maxAnswers?: number;
}

interface CachedAnswer extends FreshAnswer {
  readonly contract: string;
  /** Milliseconds of `performance.now()`. */
  readonly freshUntil: number;
  readonly staleUntil: number;
}

/**
 * Keeps answers in the memory of one process, for applications without a cache of their own. It drops the answers of a contract
 * after each command of this process to it, and those with a tag when the application says so; a change that it does not hear of
 * shows when `keep.for` has passed. A call that requires a position is never answered from memory.
 */
export class MemoryAnswerCache implements AnswerCache {
  readonly #answers = new Map<string, CachedAnswer>();
  readonly #maxAnswers: number;
  /** Increases with each invalidation: what was asked before may lack it, and is not kept. */
  #epoch = 0;

  constructor({ maxAnswers = 10_000 }: MemoryAnswerCacheOptions = {}) {
    this.#maxAnswers = maxAnswers;
  }

  async read(request: AnswerRequest): Promise<AnswerResult> {
    const { policy, parts } = request;
    const now = performance.now();
    const call = currentCall();
    const found = mayUseCached(policy.contract, call) ? parts.map((part) => this.#find(request, part)) : [];
    const missing = parts.filter((_, at) => !(found[at] && found[at].freshUntil > now));
    if (missing.length === 0) return { answers: found.map((each) => each!.json), source: 'cached' };
    try {
      const fresh = await this.#ask(request, missing, call);
      return {
        answers: parts.map((part, at) => (fresh.get(part) ?? found[at])!.json),
        source: 'asked',
      };
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      const usable = found.map((each) => (each && each.staleUntil > now ? each.json : undefined));
      const isStale = missing.some((part) => usable[parts.indexOf(part)] !== undefined);
      return { answers: parts.map((_, at) => usable[at]), source: isStale ? 'stale' : 'asked', error };
    }
  }

  commanded(contract: string): void {
    this.#epoch += 1;
    for (const [key, answer] of this.#answers) if (answer.contract === contract) this.#answers.delete(key);
  }

  /** Drops the answers that have any of the tags. */
  invalidate(...tags: readonly string[]): void {
    this.#epoch += 1;
    for (const [key, answer] of this.#answers)
      if (answer.tags.some((tag) => tags.includes(tag))) this.#answers.delete(key);
  }

  #find({ policy }: AnswerRequest, part: AnswerPart): CachedAnswer | undefined {
    const key = keyOf(policy, part);
    const answer = this.#answers.get(key);
    if (!answer) return undefined;
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    return answer;
  }

  async #ask(
    { policy, ask }: AnswerRequest,
    missing: readonly AnswerPart[],
    call: CallContext | undefined,
  ): Promise<Map<AnswerPart, FreshAnswer>> {
    const epoch = this.#epoch;
    const askedAt = performance.now();
    const fresh = await ask(missing);
    // What another module could not be asked for is not repeated to others.
    const mayKeep = epoch === this.#epoch && !call?.consistency.degraded;
    for (const [at, answer] of fresh.entries())
      if (mayKeep) {
        const isAbsent = answer.json === null;
        const freshUntil = askedAt + (isAbsent ? policy.absentFor : policy.keptFor);
        const staleUntil = freshUntil + (isAbsent ? 0 : policy.staleIfError);
        this.#keep(keyOf(policy, missing[at]!), {
          ...answer,
          contract: policy.contract,
          freshUntil,
          staleUntil,
        });
      }
    return new Map(missing.map((part, at) => [part, fresh[at]!]));
  }

  #keep(key: string, answer: CachedAnswer): void {
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    if (this.#answers.size <= this.#maxAnswers) return;
    const [oldest] = this.#answers.keys();
    this.#answers.delete(oldest!);
  }
}

const keyOf = ({ contract, method }: { contract: string; method: string }, { key }: AnswerPart) =>
  `${contract}.${method} ${key}`;

/** Nothing in memory says which writes an answer includes. */
function mayUseCached(contract: string, call: CallContext | undefined): boolean {
  if (!call) return true;
  const { level } = call.consistency;
  return (
    level !== 'strong' && call.consistency.requiredPosition(contract) === undefined && !call.readWatermark
  );
}
