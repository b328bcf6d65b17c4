import { randomUUID } from 'node:crypto';
import { CallContext, Consistency, runCall, SeamError } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import type { Delivery } from '../delivery.js';
import type { MessageHandlers } from '../handlers/message-handlers.js';
import { eventCall, HANDLER_TIMEOUT_MS } from '../handlers/run-handler.js';
import type { WorkerContext } from '../handlers/worker-context.js';
import type { Inbox } from './inbox.js';

/** A handler that takes longer holds up the others of its batch: the batch is rolled back, and each event handled on its own. */
const MAX_HANDLER_MS = 1_000;

/** What the events of a batch cost and came to. */
export interface BatchResult {
  /** Events that were handled, each with the milliseconds of its handler; the others are duplicates, or stored. */
  readonly handled: ReadonlyMap<Delivery, number>;
}

/** Handles events of a module together: one transaction instead of one for each, with one round trip to receive them all. */
export class EventBatches {
  constructor(
    private readonly inbox: Inbox,
    private readonly handlers: MessageHandlers,
    private readonly context: WorkerContext,
  ) {}

  /**
   * Handles events in their order. When this resolves, each is handled or in the inbox.
   * @throws the error of the first that fails; then nothing has taken effect
   */
  async handle(deliveries: readonly Delivery[]): Promise<BatchResult> {
    const { database, shutdown } = this.context;
    const call = new CallContext({
      requestId: randomUUID(),
      deadline: performance.now() + HANDLER_TIMEOUT_MS,
      consistency: new Consistency('strong'),
    });
    const abort = () => call.cancel(new SeamError('cancelled', { message: 'this process shuts down' }));
    shutdown.aborting.addEventListener('abort', abort, { once: true });
    try {
      return await runCall(call, () =>
        database.transaction((manager) => this.#handleAll(deliveries, manager, call)),
      );
    } finally {
      shutdown.aborting.removeEventListener('abort', abort);
    }
  }

  async #handleAll(
    deliveries: readonly Delivery[],
    manager: EntityManager,
    call: CallContext,
  ): Promise<BatchResult> {
    const handled = new Map<Delivery, number>();
    const receptions = await this.inbox.receiveAll(manager, deliveries);
    for (const [index, delivery] of deliveries.entries()) {
      if (receptions[index] !== 'handle') continue;
      const began = performance.now();
      await this.#handleOne(delivery, manager, call);
      handled.set(delivery, performance.now() - began);
    }
    return { handled };
  }

  /** Waits for the handler in any case: what it still wrote after a rollback would be outside of the transaction. */
  async #handleOne(delivery: Delivery, manager: EntityManager, batch: CallContext): Promise<void> {
    const own = eventCall(delivery);
    const stopListening = batch.onCancel((reason) => own.cancel(reason));
    const timer = setTimeout(() => batch.cancel(new SeamError('deadline-exceeded')), MAX_HANDLER_MS);
    try {
      await runCall(own, () => this.handlers.handle(delivery, manager));
      if (batch.cancelled) throw batch.cancelled;
    } finally {
      clearTimeout(timer);
      stopListening();
    }
  }
}
