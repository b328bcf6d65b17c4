import { Logger } from '@nestjs/common';
import { PeriodicTask } from '@tearline/seam';
import {
  CrashError,
  errorText,
  failureKind,
  ignoreTransient,
  isTransient,
  MAX_CRASHES,
  UnknownEventError,
} from '../handlers/failure.js';
import type { EventBinding, Handlers } from '../handlers/find-handlers.js';
import { handlerCall, runHandler } from '../handlers/run-handler.js';
import type { WorkerContext } from '../handlers/worker-context.js';
import type { Delivery } from '../delivery.js';
import { Inbox } from './inbox.js';
import type { Message } from './on-event.decorator.js';

const HANDLER_TIMEOUT_MS = 30_000;
const SWEEP_INTERVAL_MS = 2_000;
/** Stored events of one aggregate that are handled before others get their turn. */
const MAX_DRAINED = 20;

/** Handles the events of one module: each exactly once, those of an aggregate in order. */
export class EventProcessor {
  readonly #log = new Logger('Events');
  readonly #inbox: Inbox;
  readonly #sweep: PeriodicTask;

  constructor(
    private readonly handlers: Handlers,
    private readonly context: WorkerContext,
  ) {
    this.#inbox = new Inbox(context.database, `"${handlers.module}"`);
    this.#sweep = new PeriodicTask(`sweep of the inbox of '${handlers.module}'`, SWEEP_INTERVAL_MS, () =>
      this.#drainDue().catch(ignoreTransient),
    );
  }

  /** Starts to handle stored events when they are due. */
  start(): void {
    this.#sweep.start();
  }

  /** Waits for the stored events that are being handled. */
  stop(): Promise<void> {
    return this.#sweep.stop();
  }

  /**
   * Processes an event from the queue. When this resolves, the event is handled or in the inbox, and may be confirmed.
   * @param crashes earlier deliveries of this event whose process ended before they did
   * @throws the error of the database when it is unreachable
   */
  async process(delivery: Delivery, crashes: number): Promise<void> {
    await this.#attempt(delivery, crashes, new Date());
  }

  /** Handles the stored events of an aggregate in order, at most {@link MAX_DRAINED}. What fails is left to the sweep. */
  async drain(publisher: string, aggregate: string): Promise<void> {
    try {
      for (let count = 0; count < MAX_DRAINED; count += 1) {
        if (this.context.shutdown.stopping.aborted) return;
        const claim = await this.#inbox.claim(publisher, aggregate);
        if (!claim) return;
        await this.#attempt(claim.delivery, claim.crashes, claim.receivedAt);
      }
      this.#sweep.runWithin(0);
    } catch (error) {
      if (!isTransient(error))
        this.#log.warn({ err: error }, `stored events of ${publisher}:${aggregate} are retried later`);
    }
  }

  async #drainDue(): Promise<void> {
    const due = (await this.#inbox.due()).values();
    await Promise.all(
      Array.from({ length: this.context.concurrency }, async () => {
        for (const { publisher, aggregate } of due) await this.drain(publisher, aggregate);
      }),
    );
  }

  async #attempt(delivery: Delivery, crashes: number, receivedAt: Date): Promise<void> {
    const began = performance.now();
    let outcome = 'handled';
    try {
      if (crashes >= MAX_CRASHES) throw new CrashError(crashes);
      if (!(await this.#handle(delivery))) return;
    } catch (error) {
      outcome = await this.#storeFailure(delivery, error, receivedAt);
    }
    this.context.metrics.handled(this.handlers.module, delivery.type, outcome, performance.now() - began);
  }

  /** @returns whether the event was handled; otherwise it is a duplicate, or stored */
  async #handle(delivery: Delivery): Promise<boolean> {
    const call = handlerCall(
      `event:${delivery.publisher}:${delivery.id}`,
      delivery.context,
      HANDLER_TIMEOUT_MS,
    );
    const { database, shutdown } = this.context;
    return runHandler(call, HANDLER_TIMEOUT_MS, shutdown.aborting, () =>
      database.transaction(async (manager) => {
        if ((await this.#inbox.receive(manager, delivery)) !== 'handle') return false;
        const { contract, handle } = this.#binding(delivery);
        await handle(messageOf(delivery, contract), manager);
        return true;
      }),
    );
  }

  #binding(delivery: Delivery): EventBinding {
    const binding = this.handlers.events.get(delivery.type);
    if (!binding)
      throw new UnknownEventError(`'${this.handlers.module}' has no handler for '${delivery.type}'`);
    if (delivery.version > binding.contract.version)
      throw new UnknownEventError(
        `'${delivery.type}': expected a version up to ${binding.contract.version}, got ${delivery.version}`,
      );
    return binding;
  }

  /** @returns the outcome of the attempt */
  async #storeFailure(delivery: Delivery, error: unknown, receivedAt: Date): Promise<string> {
    const { module } = this.handlers;
    const kind = failureKind(error, receivedAt);
    const { state, attempts, waitMs } = await this.#inbox.fail(delivery, errorText(error), kind);
    const subject = `${delivery.type} ${delivery.publisher}:${delivery.aggregate}:${delivery.seq}`;
    if (state === 'dead') {
      this.#log.error(
        { err: error },
        `${subject} is a dead letter; later events of ${delivery.aggregate} wait`,
      );
      return 'dead';
    }
    const isCounted = kind === 'failed';
    if (state === 'waiting') {
      this.context.metrics.retried(module, delivery.type, isCounted ? 'failed' : 'transient');
      const happened = isCounted ? `failed ${attempts} times` : 'was interrupted';
      this.#log.warn({ err: error }, `${subject} ${happened}; retry in ${waitMs} ms`);
      this.#sweep.runWithin(waitMs);
    }
    return isCounted ? 'failed' : 'retry_later';
  }
}

function messageOf(delivery: Delivery, contract: EventBinding['contract']): Message {
  return {
    payload: contract.read(delivery.payload, delivery.version),
    at: new Date(delivery.at),
    aggregate: delivery.aggregate,
    seq: delivery.seq,
    id: `${delivery.publisher}:${delivery.id}`,
  };
}
