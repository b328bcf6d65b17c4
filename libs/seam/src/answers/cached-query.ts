import { type CallContext, currentCall } from '../call/call-context.js';
import type { BoundMethod, PlacedMethod } from '../call/placed-method.js';
import { absentForOf, type KeepOptions } from '../contract/keep.js';
import type { AnswerSource } from '../seam-observer.js';
import type { AnswerCache, AnswerPolicy, FreshAnswer } from './answer-cache.js';
import { DividedInput, type InputPart } from './divided-input.js';
import { isUnreachable } from './unreachable.js';

/** Binds a method of another process to what this one keeps of its answers, and to what stands in for them. */
export function bindCached(remote: PlacedMethod, ask: BoundMethod): BoundMethod {
  const { method, runtime, contract } = remote;
  const { answers } = runtime;
  if (method.kind === 'command') return answers?.commanded ? commanding(contract.name, answers, ask) : ask;
  const keep = answers && method.keep;
  if (!keep && !method.fallback) return ask;
  const query = new CachedQuery(remote, ask, keep);
  return (input) => query.call(input);
}

function commanding(contract: string, answers: AnswerCache, ask: BoundMethod): BoundMethod {
  return (input) => ask(input).finally(() => answers.commanded?.(contract));
}

/** A query of another process whose answers are cached, or whose caller can do without. */
class CachedQuery {
  readonly #input: DividedInput;
  readonly #policy: AnswerPolicy | undefined;
  /** Cached answers are shared, so each is decoded once. */
  readonly #decoded = new WeakMap<object, unknown>();

  constructor(
    private readonly remote: PlacedMethod,
    private readonly ask: BoundMethod,
    keep: KeepOptions | undefined,
  ) {
    this.#input = new DividedInput(remote, keep?.tags);
    this.#policy = keep && {
      contract: remote.contract.name,
      method: remote.key,
      keptFor: keep.for,
      absentFor: absentForOf(keep),
      staleIfError: keep.staleIfError ?? 0,
      shape: JSON.stringify(remote.output.shape),
    };
  }

  async call(input: unknown): Promise<unknown> {
    const call = currentCall();
    let parts: readonly InputPart[];
    try {
      parts = this.#input.partsOf(input);
    } catch {
      // The binding reports what is wrong with it.
      return this.ask(input);
    }
    if (parts.length === 0) return this.ask(input);
    const answering = this.#policy
      ? this.#cachedOutputs(this.#policy, parts, call)
      : this.#output(input, parts, call);
    return this.#input.join(await unlessCancelled(call, answering));
  }

  async #cachedOutputs(
    policy: AnswerPolicy,
    parts: readonly InputPart[],
    call: CallContext | undefined,
  ): Promise<readonly unknown[]> {
    const { answers, source, error } = await this.remote.runtime.answers!.read({
      policy,
      parts,
      ask: (some) => this.#ask(some as readonly InputPart[]),
    });
    if (source === 'stale') this.#recordDegraded(call);
    if (!answers.includes(undefined)) {
      this.#report(source, call);
      return answers.map((json) => this.#decode(json));
    }
    const fallback = this.#fallback(error, call);
    return parts.map(({ input }, at) =>
      answers[at] === undefined ? fallback(input) : this.#decode(answers[at]),
    );
  }

  /** Asks for all parts at once, of which none is cached. */
  async #output(
    input: unknown,
    parts: readonly InputPart[],
    call: CallContext | undefined,
  ): Promise<readonly unknown[]> {
    try {
      return [await this.ask(input)];
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      const fallback = this.#fallback(error, call);
      return parts.map((part) => fallback(part.input));
    }
  }

  /**
   * Returns what stands in for answers.
   * @throws `error` when the caller cannot do without
   */
  #fallback(error: unknown, call: CallContext | undefined): (input: unknown) => unknown {
    const { method, runtime } = this.remote;
    const level = call?.consistency.requestedLevel ?? runtime.consistency;
    if (!method.fallback || level === 'strong' || call?.cancelled) throw error;
    this.#recordDegraded(call);
    this.#report('fallback', call);
    return method.fallback as (input: unknown) => unknown;
  }

  async #ask(parts: readonly InputPart[]): Promise<FreshAnswer[]> {
    const { output: codec } = this.remote;
    const outputs = this.#input.outputsOf(parts, await this.ask(this.#input.inputOf(parts)));
    return outputs.map((output, at) => {
      const json: unknown = output === undefined ? null : JSON.parse(codec.encode(output)!);
      return { json, tags: this.#input.tags(parts[at]!.input, output ?? undefined) };
    });
  }

  #decode(json: unknown): unknown {
    if (json === null || typeof json !== 'object')
      return json === null ? null : this.remote.output.decode(json);
    const known = this.#decoded.get(json);
    if (known !== undefined) return known;
    const output = this.remote.output.decode(json);
    this.#decoded.set(json, output);
    return output;
  }

  #recordDegraded(call: CallContext | undefined): void {
    call?.consistency.recordDegraded(this.remote.contract.name);
  }

  #report(source: AnswerSource, call: CallContext | undefined): void {
    call?.span?.set({ 'tearline.answer': source });
    this.remote.runtime.observer.answered?.(this.remote.contract.name, this.remote.key, source);
  }
}

/** A call that has ended waits for no answer, which others may wait for. */
function unlessCancelled<T>(call: CallContext | undefined, answering: Promise<T>): Promise<T> {
  if (!call) return answering;
  return new Promise<T>((resolve, reject) => {
    const leave = call.onCancel(reject);
    answering.then(resolve, reject).finally(leave);
  });
}
