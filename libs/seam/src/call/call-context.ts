import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { Consistency } from './consistency.js';
import { SeamError } from './errors.js';
import { KeySequence } from './key-sequence.js';
import type { MemoryAccount } from './memory-budget.js';
import type { ReadWatermark } from './read-watermark.js';
import type { Span } from './span.js';

/** The authenticated caller. */
export interface Principal {
  /** The subject of the verified token. */
  readonly id: string;
}

/** What a call starts from. */
export interface CallContextOptions {
  requestId: string;
  /** W3C trace context of the caller. */
  traceparent?: string | undefined;
  /** What this process records the call as; its trace context replaces the caller's. */
  span?: Span | undefined;
  principal?: Principal | undefined;
  /** Milliseconds of `performance.now()` after which the caller no longer waits for the reply. */
  deadline: number;
  /**
   * Names this request in all its repetitions, so that its commands take effect once. Each call below gets a key
   * derived from it.
   */
  idempotencyKey?: string | undefined;
  /** Method and path for which a client has sent the key; undefined for derived keys. */
  idempotencyTarget?: string | undefined;
  /** What its reads must have seen; by default what the host's setting says. */
  consistency?: Consistency | undefined;
  /** Observes the positions of the data that the call reads, in this process or another. */
  readWatermark?: ReadWatermark | undefined;
  /** Counts the large values of the request in this process. */
  memory?: MemoryAccount | undefined;
}

/**
 * What travels with every call, in whichever process it runs: request id, trace, principal, deadline and consistency.
 * There is one for each request, and another one below it only where a deadline is tighter.
 */
export class CallContext {
  readonly requestId: string;
  /** W3C trace context of the span, or of the caller when this process records none. */
  readonly traceparent: string | undefined;
  /** What this process records the call as; undefined when its trace is not recorded. */
  readonly span: Span | undefined;
  readonly deadline: number;
  /** One for the whole request. */
  readonly consistency: Consistency;
  /** Wants to know how far the data is that is read; undefined in nearly every call. */
  readonly readWatermark: ReadWatermark | undefined;
  /** One for the whole request in this process; undefined for calls of other hosts and background work. */
  readonly memory: MemoryAccount | undefined;
  /** Method and path for which a client has sent the key. */
  readonly idempotencyTarget: string | undefined;
  /** Set once, by the code that authenticates the caller. */
  principal: Principal | undefined;
  #keys: KeySequence | undefined;
  #cancelled: SeamError | undefined;
  #listeners: Set<(reason: SeamError) => void> | undefined;
  #signal: AbortSignal | undefined;
  #unsubscribeFromParent: (() => void) | undefined;

  constructor(options: CallContextOptions) {
    const { requestId, traceparent, principal, deadline, idempotencyKey, consistency, readWatermark } =
      options;
    this.requestId = requestId;
    this.span = options.span;
    this.traceparent = options.span?.traceparent ?? traceparent;
    this.principal = principal;
    this.deadline = deadline;
    this.consistency = consistency ?? new Consistency();
    this.readWatermark = readWatermark;
    this.memory = options.memory;
    this.idempotencyTarget = options.idempotencyTarget;
    this.#keys = idempotencyKey === undefined ? undefined : new KeySequence(idempotencyKey);
  }

  /** Names the work of this call in all its repetitions. */
  get idempotencyKey(): string | undefined {
    return this.#keys?.key;
  }

  /** Milliseconds left, at least 0. */
  get remaining(): number {
    return Math.max(0, this.deadline - performance.now());
  }

  /** The reason why the call was cancelled, once it is. */
  get cancelled(): SeamError | undefined {
    return this.#cancelled;
  }

  /** Aborts with a SeamError when the call is cancelled. Created on first use: most calls need none. */
  get signal(): AbortSignal {
    if (!this.#signal) {
      const controller = new AbortController();
      this.#signal = controller.signal;
      if (this.#cancelled) controller.abort(this.#cancelled);
      else this.onCancel((reason) => controller.abort(reason));
    }
    return this.#signal;
  }

  /**
   * Calls `listener` once, when the call is cancelled; cheaper than the signal.
   * @returns a function that removes the listener
   */
  onCancel(listener: (reason: SeamError) => void): () => void {
    const listeners = (this.#listeners ??= new Set());
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Tells everything that works for this call to stop. */
  cancel(reason: SeamError = new SeamError('cancelled')): void {
    if (this.#cancelled) return;
    this.#cancelled = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners) for (const listener of listeners) listener(reason);
  }

  /** The key for the next call of `<contract>.<method>`: its own, and the same when the request is repeated. */
  nextIdempotencyKey(method: string): string | undefined {
    return this.#keys?.next(method);
  }

  /**
   * The same call with a tighter deadline; it is cancelled with this one, until it has ended.
   * @param idempotencyKey of its own, when it is a command
   */
  withDeadline(deadline: number, idempotencyKey?: string): CallContext {
    return this.#child(deadline, this.span, idempotencyKey);
  }

  /** The same call below a span; it is cancelled with this one, until it has ended. */
  withSpan(span: Span): CallContext {
    return this.#child(this.deadline, span);
  }

  #child(deadline: number, span: Span | undefined, idempotencyKey?: string): CallContext {
    const { requestId, traceparent, principal, consistency, readWatermark, memory } = this;
    const child = new CallContext({
      requestId,
      traceparent,
      span,
      principal,
      deadline,
      idempotencyKey,
      idempotencyTarget: idempotencyKey === undefined ? this.idempotencyTarget : undefined,
      consistency,
      readWatermark,
      memory,
    });
    if (idempotencyKey === undefined) child.#keys = this.#keys;
    if (this.#cancelled) child.cancel(this.#cancelled);
    else child.#unsubscribeFromParent = this.onCancel((reason) => child.cancel(reason));
    return child;
  }

  /** The call is over: its parent forgets it. */
  end(): void {
    this.#unsubscribeFromParent?.();
  }
}

/** Returns a context for a call that belongs to no request; its reads include all writes. */
export function rootContext(deadline: number): CallContext {
  return new CallContext({ requestId: randomUUID(), deadline, consistency: new Consistency('strong') });
}

const storage = new AsyncLocalStorage<CallContext>();

/**
 * Runs `work` outside of any call. What outlives the call that happens to start it (a timer, a connection) would
 * otherwise believe for ever that it works for that call.
 */
export const runOutsideCall: <T>(work: () => T) => T = AsyncLocalStorage.snapshot();

/** The context of the call that this code works for, if any. */
export function currentCall(): CallContext | undefined {
  return storage.getStore();
}

/** Runs `work` for a call: everything that it starts, awaited or not, sees `context`. */
export function runCall<T>(context: CallContext, work: () => T): T {
  return storage.run(context, work);
}
