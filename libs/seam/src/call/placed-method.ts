import type { AnswerCache } from '../answers/answer-cache.js';
import type { Codec } from '../contract/codec.js';
import type { Contract, Method } from '../contract/contract.js';
import type { CallError, ErrorCodec } from '../contract/error-codec.js';
import { InvalidValue, pathOf } from '../contract/schema.js';
import { NotCarried } from '../contract/wire-value.js';
import type { Placement, RecordCall, SeamObserver } from '../seam-observer.js';
import type { CallContext } from './call-context.js';
import type { Carriers } from './carriers.js';
import type { ConsistencyLevel } from './consistency.js';
import type { DeadlineTracker } from './deadline-tracker.js';
import { isSeamError, SeamError } from './errors.js';
import type { IdempotencyStore } from './idempotency-store.js';
import type { Tracer } from './span.js';

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
  /** What this process keeps of the answers of others; without one, nothing. */
  readonly answers: AnswerCache | undefined;
  /** The level of calls that choose none. */
  readonly consistency: ConsistencyLevel;
  /** What goes with remote calls beside the call's own context. */
  readonly carriers: Carriers;
  /** Records calls as spans; without one, nothing does. */
  readonly tracer: Tracer | undefined;
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
  readonly errors: ErrorCodec;
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
    ({ input: this.input, output: this.output, errors: this.errors } = contract.codecs[key]!);
    this.record = runtime.observer.callRecorder(contract.name, key, placement);
  }

  /** Returns the error for the caller: a declared one as it is, any other as `internal`, with its cause in the log. */
  toDeclaredError(thrown: unknown, context: CallContext): CallError {
    const error = this.errors.declares(thrown) ? thrown : new SeamError('internal', { cause: thrown });
    if (isSeamError(error, 'internal')) this.reportUnexpected(thrown, context);
    return error;
  }

  /** Returns the error for an input that its codec refuses, with the place of each mistake. */
  invalidInput(cause: unknown): SeamError {
    const { path } = this.input;
    if (!(cause instanceof InvalidValue))
      return new SeamError('invalid-input', { message: `${path}: ${messageOf(cause)}`, cause });
    const issues = cause.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    const [first] = cause.issues;
    return new SeamError('invalid-input', {
      message: `${path}${pathOf(first!.path)}: ${first!.message}`,
      data: { issues },
    });
  }

  reportUnexpected(error: unknown, context: CallContext): void {
    this.runtime.observer.unexpectedError(this.contract.name, this.key, error, context);
  }

  deadlineExceeded(how: 'was called too late' | 'took too long'): SeamError {
    return new SeamError('deadline-exceeded', { message: `${this.path} ${how}` });
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof NotCarried ? cause.message : 'has no wire form';
}

/** Calls a provider's method, which may throw before it returns its promise, or return none. */
export function invoke(implementation: BoundMethod, input: unknown): Promise<unknown> {
  try {
    return Promise.resolve(implementation(input));
  } catch (error) {
    return Promise.reject(error);
  }
}
