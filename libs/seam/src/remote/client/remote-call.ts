import type { CallContext } from '../../call/call-context.js';
import type { Carried } from '../../call/carriers.js';
import type { InFlightCall } from '../../call/deadline-tracker.js';
import type { SeamError } from '../../call/errors.js';
import type { PlacedMethod } from '../../call/placed-method.js';
import { type CallError, outcomeOf } from '../../contract/error-codec.js';
import type { Metadata } from '../frames.js';

/** Where a call waits for its reply. */
export interface Wait {
  /** Stops waiting, and cancels the call in the callee. */
  abandon(reason: SeamError): void;
}

/** A call of another process, under way in this one, over one try or more. */
export class RemoteCall implements InFlightCall {
  index = -1;
  /** Where the try under way waits, once it has been sent. */
  wait: Wait | undefined;
  #leaveContext: (() => void) | undefined;
  readonly #metadata: string;

  constructor(
    readonly remote: PlacedMethod,
    readonly context: CallContext,
    readonly idempotencyKey: string | undefined,
    carried: Carried | undefined,
    private readonly started: number,
    readonly deadline: number,
    /** Input in wire form, as JSON text. */
    private readonly data: string | undefined,
    private readonly resolve: (value: unknown) => void,
    private readonly reject: (error: CallError) => void,
  ) {
    const metadata: Omit<Metadata, 'left'> = {
      requestId: context.requestId,
      traceparent: context.traceparent,
      principal: context.principal?.id,
      idempotencyKey,
      consistency: context.consistency.toWire(),
      readWatermark: context.readWatermark && true,
      carried,
    };
    this.#metadata = JSON.stringify(metadata).slice(1);
  }

  /** Whether the caller has its answer, whatever it was. */
  get hasEnded(): boolean {
    return this.index < 0;
  }

  /** Watches the deadline and the caller. */
  begin(): void {
    this.remote.runtime.deadlines.add(this);
    this.#leaveContext = this.context.onCancel((reason) => this.#giveUp(reason));
  }

  /** The frame that asks for this call. */
  frame(id: number): string {
    const left = Math.max(0, Math.round((this.deadline - performance.now()) * 100) / 100);
    const head = `{"id":${id},"pattern":"${this.remote.path}","metadata":{"left":${left},${this.#metadata}`;
    return this.data === undefined ? `${head}}` : `${head},"data":${this.data}}`;
  }

  succeed(value: unknown): void {
    if (this.#end('ok')) this.resolve(value);
  }

  fail(error: CallError): void {
    if (this.#end(outcomeOf(error))) this.reject(error);
  }

  expire(): void {
    const error = this.remote.deadlineExceeded('took too long');
    // The sweep has taken the call from its list already.
    this.#conclude(error.code);
    this.reject(error);
    this.wait?.abandon(error);
  }

  #giveUp(reason: SeamError): void {
    this.fail(reason);
    this.wait?.abandon(reason);
  }

  #end(outcome: string): boolean {
    if (!this.remote.runtime.deadlines.remove(this)) return false;
    this.#conclude(outcome);
    return true;
  }

  #conclude(outcome: string): void {
    this.#leaveContext?.();
    this.remote.record(outcome, performance.now() - this.started);
  }
}
