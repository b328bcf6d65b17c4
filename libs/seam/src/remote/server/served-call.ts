import { CallContext, runCall } from '../../call/call-context.js';
import type { Carried } from '../../call/carriers.js';
import { Consistency } from '../../call/consistency.js';
import type { InFlightCall } from '../../call/deadline-tracker.js';
import { SeamError } from '../../call/errors.js';
import { type BoundMethod, invoke, PlacedMethod, type SeamRuntime } from '../../call/placed-method.js';
import { ReadWatermark } from '../../call/read-watermark.js';
import type { Contract } from '../../contract/contract.js';
import { type CallError, outcomeOf } from '../../contract/error-codec.js';
import type { Semaphore, Waiter } from '../../semaphore.js';
import type { Metadata, RequestFrame } from '../frames.js';
import type { Peer } from './peer.js';

/** A contract that this process answers, with what answers it. */
export interface Exposed {
  readonly contract: Contract;
  readonly implementations: Readonly<Record<string, BoundMethod>>;
}

/** One method that other processes may call. */
export class ServedMethod extends PlacedMethod {
  constructor(
    runtime: SeamRuntime,
    contract: Contract,
    key: string,
    readonly implementation: BoundMethod,
  ) {
    super(runtime, contract, key, 'server');
  }
}

/** A call from another process, under way in this one. */
export class ServedCall implements InFlightCall, Waiter {
  index = -1;
  readonly deadline: number;
  readonly context: CallContext;
  readonly #id: number;
  readonly #data: unknown;
  readonly #carried: Carried | undefined;
  readonly #started = performance.now();
  #holdsPermit = false;

  constructor(
    private readonly served: ServedMethod,
    private readonly peer: Peer,
    { id, data, metadata }: RequestFrame,
    private readonly maxReply: number,
    private readonly semaphore: Semaphore,
  ) {
    this.#id = id;
    this.#data = data;
    this.#carried = metadata.carried;
    this.deadline = this.#started + Math.min(metadata.left, served.timeout);
    this.context = contextOf(metadata, this.deadline);
    served.runtime.deadlines.add(this);
    peer.calls.set(id, this);
  }

  /** Runs the method. */
  start(): void {
    this.#holdsPermit = true;
    const { input, implementation, runtime } = this.served;
    let value: unknown;
    try {
      value = input.decode(this.#data);
    } catch (error) {
      this.#fail(this.served.invalidInput(error));
      return;
    }
    const run = () => invoke(implementation, value);
    const carried = this.#carried;
    runCall(this.context, () =>
      carried === undefined ? run() : invoke(() => runtime.carriers.extract(carried, run), undefined),
    ).then(
      (result) => this.#succeed(result),
      (error: unknown) => this.#fail(error),
    );
  }

  expire(): void {
    const error = this.served.deadlineExceeded('took too long');
    this.context.cancel(error);
    this.#end(error.code);
    this.#reply(`{"id":${this.#id},"err":${this.served.errors.encode(error)}}`);
  }

  /** Ends the call without a reply, after the caller cancelled it or disconnected. */
  abandon(): void {
    if (!this.served.runtime.deadlines.remove(this)) return;
    this.context.cancel();
    this.#end('cancelled');
  }

  /** Turns the call away before it began; it may go elsewhere. */
  refuse(error: SeamError): void {
    if (!this.served.runtime.deadlines.remove(this)) return;
    this.#end(error.code);
    this.#reply(`{"id":${this.#id},"err":${this.served.errors.encode(error)},"refused":true}`);
  }

  #succeed(result: unknown): void {
    if (this.index < 0) return;
    try {
      const json = this.served.output.encode(result);
      const response = json === undefined ? '' : `,"response":${json}`;
      this.#reply(`{"id":${this.#id}${this.#facts()}${response}}`);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.served.runtime.deadlines.remove(this);
    this.#end('ok');
  }

  #fail(thrown: unknown): void {
    if (!this.served.runtime.deadlines.remove(this)) return;
    const error = this.served.toDeclaredError(thrown, this.context);
    this.#end(outcomeOf(error));
    this.#replyError(error);
  }

  #replyError(error: CallError): void {
    try {
      this.#reply(`{"id":${this.#id}${this.#facts()},"err":${this.served.errors.encode(error)}}`);
    } catch (cause) {
      // Data of an error that does not fit on the wire must not cost the caller its reply.
      this.served.reportUnexpected(cause, this.context);
      const internal = this.served.errors.encode(new SeamError('internal'));
      this.#reply(`{"id":${this.#id},"err":${internal}}`);
    }
  }

  /** What the caller has to know of the call beside its outcome. */
  #facts(): string {
    const { written, degraded } = this.context.consistency;
    const { readWatermark } = this.context;
    return (
      (written ? `,"written":${JSON.stringify(Object.fromEntries(written))}` : '') +
      (degraded ? `,"degraded":${JSON.stringify([...degraded])}` : '') +
      (readWatermark ? `,"readWatermark":${JSON.stringify(readWatermark.toWire())}` : '')
    );
  }

  /** @throws FrameTooLarge */
  #reply(json: string): void {
    this.peer.frames.send(json, this.maxReply);
  }

  #end(outcome: string): void {
    this.peer.calls.delete(this.#id);
    this.served.record(outcome, performance.now() - this.#started);
    if (this.#holdsPermit) this.semaphore.release();
    else this.semaphore.leave(this);
    this.#holdsPermit = false;
  }
}

/** The principal stands in the metadata of a trusted connection, never in the payload. */
function contextOf(metadata: Metadata, deadline: number) {
  const { requestId, traceparent, principal, idempotencyKey, consistency, readWatermark } = metadata;
  return new CallContext({
    requestId,
    traceparent,
    principal: principal === undefined ? undefined : { id: principal },
    idempotencyKey,
    deadline,
    consistency: Consistency.fromWire(consistency),
    readWatermark: readWatermark && new ReadWatermark(),
  });
}
