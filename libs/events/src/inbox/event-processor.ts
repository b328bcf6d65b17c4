import { Logger } from '@nestjs/common';
import { errorText, isTransient } from '../handlers/failure.js';
import type { EventBinding, Handlers } from '../handlers/find-handlers.js';
import { handlerCall, runHandler } from '../handlers/run-handler.js';
import type { WorkerContext } from '../handlers/worker-context.js';
import type { Delivery } from '../outbox/delivery.js';
import { type FailureKind, Inbox } from './inbox.js';
import type { Message } from './on-event.decorator.js';

const HANDLER_TIMEOUT_MS = 30_000;
/** After this many attempts in a row that ended their process, the event is a dead letter. */
const MAX_CRASHES = 10;
/** An unknown event waits for the release that knows it; a deployment takes less than that. */
const MAX_DEPLOYMENT_MS = 60 * 60_000;
/** Stored events of one aggregate that are handled before others get their turn. */
const MAX_DRAINED = 20;

/** An event, or a version of one, that only a newer release of this module knows. */
class UnknownEventError extends Error {
  override readonly name = 'UnknownEventError';
}

/** Handles the events of one module: each exactly once, those of an aggregate in order. */
export class EventProcessor {
  readonly #log = new Logger('Events');
  readonly inbox: Inbox;

  /** @param sweepWithin called with the milliseconds after which a stored event is due */
  constructor(
    private readonly handlers: Handlers,
    private readonly context: WorkerContext,
    private readonly sweepWithin: (ms: number) => void,
  ) {
    this.inbox = new Inbox(context.database, `"${handlers.module}"`);
  }

  /**
   * Processes an event from the queue. When this resolves, the event is handled or in the inbox, and may be confirmed.
   * @param crashes earlier deliveries of this event whose process ended before they did
   * @throws the error of the database when it is unreachable
   */
  async process(event: Delivery, crashes: number): Promise<void> {
    if (crashes >= MAX_CRASHES) return this.#storeFailure(event, crashed(crashes), 'fatal');
    await this.#attempt(event, new Date());
  }

  /** Handles the stored events of an aggregate in order, at most {@link MAX_DRAINED}. */
  async drain(publisher: string, aggregate: string): Promise<void> {
    for (let count = 0; count < MAX_DRAINED; count += 1) {
      if (this.context.shutdown.stopping.aborted) return;
      const claim = await this.inbox.claim(publisher, aggregate);
      if (!claim) return;
      if (claim.claims > MAX_CRASHES)
        await this.#storeFailure(claim.event, crashed(claim.claims - 1), 'fatal');
      else await this.#attempt(claim.event, claim.receivedAt);
    }
    this.sweepWithin(0);
  }

  async #attempt(event: Delivery, receivedAt: Date): Promise<void> {
    const began = performance.now();
    const record = (outcome: string) =>
      this.context.metrics.handled(this.handlers.module, event.type, outcome, performance.now() - began);
    try {
      if (await this.#handle(event)) record('handled');
    } catch (error) {
      const kind = kindOf(error, receivedAt);
      record(kind === 'transient' ? 'retry_later' : 'failed');
      await this.#storeFailure(event, error, kind);
    }
  }

  /** @returns whether the event was handled; otherwise it is a duplicate, or stored */
  async #handle(event: Delivery): Promise<boolean> {
    const call = handlerCall(`event:${event.publisher}:${event.id}`, event.context, HANDLER_TIMEOUT_MS);
    const { database, shutdown } = this.context;
    return runHandler(call, HANDLER_TIMEOUT_MS, shutdown.aborting, () =>
      database.transaction(async (manager) => {
        if ((await this.inbox.receive(manager, event)) !== 'handle') return false;
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

  async #storeFailure(event: Delivery, error: unknown, kind: FailureKind): Promise<void> {
    const { state, attempts, waitMs } = await this.inbox.fail(event, errorText(error), kind);
    const subject = `${event.type} of ${event.aggregate} (${event.publisher}:${event.id})`;
    if (state === 'handled') return;
    if (state === 'dead') {
      this.#log.error({ err: error }, `${subject} is a dead letter; later events of ${event.aggregate} wait`);
      return;
    }
    const isTransientFailure = kind === 'transient';
    this.context.metrics.retried(
      this.handlers.module,
      event.type,
      isTransientFailure ? 'transient' : 'failed',
    );
    const happened = isTransientFailure ? 'was interrupted' : `failed ${attempts} times`;
    this.#log.warn({ err: error }, `${subject} ${happened}; retry in ${waitMs} ms`);
    this.sweepWithin(waitMs);
  }
}

function kindOf(error: unknown, receivedAt: Date): FailureKind {
  if (error instanceof UnknownEventError)
    return Date.now() - receivedAt.getTime() > MAX_DEPLOYMENT_MS ? 'fatal' : 'transient';
  return isTransient(error) ? 'transient' : 'failed';
}

const crashed = (times: number) => new Error(`the process ended during ${times} attempts in a row`);

function messageOf(event: Delivery, contract: EventBinding['contract']): Message {
  return {
    payload: contract.read(event.payload, event.version),
    at: new Date(event.at),
    aggregate: event.aggregate,
    seq: event.seq,
    id: `${event.publisher}:${event.id}`,
  };
}
