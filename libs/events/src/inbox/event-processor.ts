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
import type { Delivery } from '../outbox/delivery.js';
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
  async process(event: Delivery, crashes: number): Promise<void> {
    await this.#attempt(event, crashes, new Date());
  }

  /** Handles the stored events of an aggregate in order, at most {@link MAX_DRAINED}. What fails is left to the sweep. */
  async drain(publisher: string, aggregate: string): Promise<void> {
    try {
      for (let count = 0; count < MAX_DRAINED; count += 1) {
        if (this.context.shutdown.stopping.aborted) return;
        const claim = await this.#inbox.claim(publisher, aggregate);
        if (!claim) return;
        await this.#attempt(claim.event, claim.claims - 1, claim.receivedAt);
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

  async #attempt(event: Delivery, crashes: number, receivedAt: Date): Promise<void> {
    const began = performance.now();
    let outcome = 'handled';
    try {
      if (crashes >= MAX_CRASHES) throw new CrashError(crashes);
      if (!(await this.#handle(event))) return;
    } catch (error) {
      outcome = await this.#storeFailure(event, error, receivedAt);
    }
    this.context.metrics.handled(this.handlers.module, event.type, outcome, performance.now() - began);
  }

  /** @returns whether the event was handled; otherwise it is a duplicate, or stored */
  async #handle(event: Delivery): Promise<boolean> {
    const call = handlerCall(`event:${event.publisher}:${event.id}`, event.context, HANDLER_TIMEOUT_MS);
    const { database, shutdown } = this.context;
    return runHandler(call, HANDLER_TIMEOUT_MS, shutdown.aborting, () =>
      database.transaction(async (manager) => {
        if ((await this.#inbox.receive(manager, event)) !== 'handle') return false;
        const { contract, handle } = this.#binding(event);
        await handle(messageOf(event, contract), manager);
        return true;
      }),
    );
  }

  #binding(event: Delivery): EventBinding {
    const binding = this.handlers.events.get(event.type);
    if (!binding) throw new UnknownEventError(`'${this.handlers.module}' has no handler for '${event.type}'`);
    if (event.version > binding.contract.version)
      throw new UnknownEventError(
        `'${event.type}': expected a version up to ${binding.contract.version}, got ${event.version}`,
      );
    return binding;
  }

  /** @returns the outcome of the attempt */
  async #storeFailure(event: Delivery, error: unknown, receivedAt: Date): Promise<string> {
    const { module } = this.handlers;
    const kind = failureKind(error, receivedAt);
    const { state, attempts, waitMs } = await this.#inbox.fail(event, errorText(error), kind);
    const subject = `${event.type} ${event.publisher}:${event.aggregate}:${event.seq}`;
    if (state === 'dead') {
      this.#log.error({ err: error }, `${subject} is a dead letter; later events of ${event.aggregate} wait`);
      return 'dead';
    }
    const isCounted = kind === 'failed';
    if (state === 'waiting') {
      this.context.metrics.retried(module, event.type, isCounted ? 'failed' : 'transient');
      const happened = isCounted ? `failed ${attempts} times` : 'was interrupted';
      this.#log.warn({ err: error }, `${subject} ${happened}; retry in ${waitMs} ms`);
      this.#sweep.runWithin(waitMs);
    }
    return isCounted ? 'failed' : 'retry_later';
  }
}

function messageOf(event: Delivery, contract: EventBinding['contract']): Message {
  return {
    payload: contract.read(event.payload, event.version),
    at: new Date(event.at),
    aggregate: event.aggregate,
    seq: event.seq,
    id: `${event.publisher}:${event.id}`,
  };
}
