import type { Codec } from '../contract/codec.js';
import type { Contract, Method } from '../contract/contract.js';
import type { Placement, RecordCall, SeamObserver } from '../seam-observer.js';
import type { CallContext } from './call-context.js';
import type { DeadlineTracker } from './deadline-tracker.js';
import { BUILT_IN_CODES, isSeamError, SeamError } from './errors.js';
import type { IdempotencyStore } from './idempotency-store.js';

/** One method of a contract, ready to be called, wherever it runs. */
export type BoundMethod = (input: unknown) => Promise<unknown>;

/** What bindings share within one application. */
export interface SeamRuntime {
  readonly deadlines: DeadlineTracker;
  readonly observer: SeamObserver;
  /** Milliseconds for a call that no deadline was set for. */
  readonly defaultTimeout: number;
  /** Remembers the replies of keyed commands; without one, keys are passed on and not honoured. */
  readonly idempotency: IdempotencyStore | undefined;
}

/** One method of a contract in one placement: what all its calls share. */
export class PlacedMethod {
  /** `<contract>.<method>` */
  readonly path: string;
  readonly method: Method;
  /** Milliseconds that a call may take at most. */
  readonly timeout: number;
  readonly input: Codec;
  readonly output: Codec;
  readonly record: RecordCall;

  constructor(
    readonly runtime: SeamRuntime,
    readonly contract: Contract,
    readonly key: string,
    placement: Placement,
  ) {
    this.path = `${contract.name}.${key}`;
    this.method = contract.methods[key]!;
    this.timeout = this.method.timeout ?? Infinity;
    ({ input: this.input, output: this.output } = contract.codecs[key]!);
    this.record = runtime.observer.callRecorder(contract.name, key, placement);
  }

  /** Whether an error may leave the method: its code is built in, or the contract declares it. */
  declares(error: unknown): error is SeamError {
    return isSeamError(error) && (BUILT_IN_CODES.has(error.code) || this.method.errors.includes(error.code));
  }

  /** Returns the error for the caller: a declared one as it is, any other as `internal`, with its cause in the log. */
  toDeclaredError(thrown: unknown, context: CallContext): SeamError {
    const error = this.declares(thrown) ? thrown : new SeamError('internal', { cause: thrown });
    if (error.code === 'internal') this.reportUnexpected(thrown, context);
    return error;
  }

  reportUnexpected(error: unknown, context: CallContext): void {
    this.runtime.observer.unexpectedError(this.contract.name, this.key, error, context);
  }

  deadlineExceeded(how: 'was called too late' | 'took too long'): SeamError {
    return new SeamError('deadline-exceeded', { message: `${this.path} ${how}` });
  }
}

/** Calls a provider's method, which may throw before it returns its promise. */
export function invoke(implementation: BoundMethod, input: unknown): Promise<unknown> {
  try {
    return implementation(input);
  } catch (error) {
    return Promise.reject(error);
  }
}
