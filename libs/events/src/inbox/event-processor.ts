import { Logger } from '@nestjs/common';
import { PeriodicTask } from '@tearline/seam';
import {
  CrashError,
  errorText,
  failureKind,
  ignoreTransient,
  isTransient,
  MAX_CRASHES,
} from '../handlers/failure.js';
import type { Handlers } from '../handlers/find-handlers.js';
import { MessageHandlers } from '../handlers/message-handlers.js';
import { eventCall, HANDLER_TIMEOUT_MS, runHandler } from '../handlers/run-handler.js';
import { untilReachable } from '../handlers/until-reachable.js';
import type { WorkerContext } from '../handlers/worker-context.js';
import type { Delivery } from '../delivery.js';
import { EventBatches } from './event-batches.js';
import { type DueAggregate, Inbox } from './inbox.js';

const SWEEP_INTERVAL_MS = 2_000;
/** Stored events of one aggregate that are handled before others get their turn. */
const MAX_DRAINED = 20;

/** Handles the events of one module: each exactly once, those of an aggregate in order. */
export class EventProcessor {
  readonly #log = new Logger('Events');
  readonly #inbox: Inbox;
  readonly #messages: MessageHandlers;
  readonly #batches: EventBatches;
  readonly #sweep: PeriodicTask;

  constructor(
    private readonly handlers: Handlers,
    private readonly context: WorkerContext,
  ) {
    this.#inbox = new Inbox(context.database, `"${handlers.module}"`);
    this.#messages = new MessageHandlers(handlers, context.tracer);
    this.#batches = new EventBatches(this.#inbox, this.#messages, context);
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
   * Processes an event that has arrived. When this resolves, the event is handled or in the inbox, and may be confirmed. One that
   * was delivered before, to a process that ended meanwhile, goes to the inbox, which counts further crashes: the broker's count
   * may be forged.
   * @param crashes earlier deliveries of this event whose process ended before they did
   * @throws the error of the database when it is unreachable and the process is stopping
   */
  async process(delivery: Delivery, crashes: number): Promise<void> {
    const { stopping } = this.context.shutdown;
    if (crashes > 0) await untilReachable(stopping, () => this.#inbox.storeAfterCrash(delivery));
    else await this.#attempt(delivery, 0, new Date());
  }

  /**
   * Processes events that have arrived, in one transaction, and then those that were stored behind them.
   * @returns whether it did; when one of them failed, nothing has happened
   */
  async processTogether(deliveries: readonly Delivery[]): Promise<boolean> {
    try {
      const { handled } = await this.#batches.handle(deliveries);
      for (const [{ type }, ms] of handled)
        this.context.metrics.handled(this.handlers.module, type, 'handled', ms);
      return true;
    } catch (error) {
      this.#log.debug(
        { err: error },
        `one of ${deliveries.length} events failed; each is handled on its own`,
      );
      return false;
    }
  }

  /** Handles the events that were stored behind these while they were being handled. */
  async drainBehind(deliveries: readonly Delivery[]): Promise<void> {
    const stored = await this.#inbox.withStored(deliveries).catch(() => []);
    for (const { publisher, aggregate } of stored) await this.drain(publisher, aggregate);
  }

  /**
   * Handles the stored events of an aggregate in order, at most {@link MAX_DRAINED}. What fails is left to the sweep, and so is
   * an event during which a process has ended.
   */
  async drain(publisher: string, aggregate: string): Promise<void> {
    try {
      for (let count = 0; count < MAX_DRAINED; count += 1) {
        if (this.context.shutdown.stopping.aborted) return;
        const claim = await this.#inbox.claim(publisher, aggregate, false);
        if (!claim) return;
        // It was stored after the claim had looked for one.
        if (claim.crashes > 0) return await this.#inbox.release(claim);
        await this.#attempt(claim.delivery, claim.crashes, claim.receivedAt);
      }
      this.#sweep.runWithin(0);
    } catch (error) {
      if (!isTransient(error))
        this.#log.warn({ err: error }, `stored events of ${publisher}:${aggregate} are retried later`);
    }
  }

  async #drainDue(): Promise<void> {
    const due = await this.#inbox.due();
    const others = due.filter(({ isSuspect }) => !isSuspect).values();
    await Promise.all(
      Array.from({ length: this.context.concurrency }, async () => {
        for (const { publisher, aggregate } of others) await this.drain(publisher, aggregate);
      }),
    );
    for (const suspect of due.filter(({ isSuspect }) => isSuspect)) await this.#handleSuspect(suspect);
  }

  /** Handles an event during which a process has ended, while no other such one runs here: then a crash is its own. */
  async #handleSuspect({ publisher, aggregate }: DueAggregate): Promise<void> {
    const { suspects, shutdown } = this.context;
    if (shutdown.stopping.aborted || !suspects.tryAcquire()) return;
    try {
      const claim = await this.#inbox.claim(publisher, aggregate, true);
      if (claim) await this.#attempt(claim.delivery, claim.crashes, claim.receivedAt);
    } finally {
      suspects.release();
    }
    await this.drain(publisher, aggregate);
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
    const { database, shutdown } = this.context;
    return runHandler(eventCall(delivery), HANDLER_TIMEOUT_MS, shutdown.aborting, () =>
      database.transaction(async (manager) => {
        if ((await this.#inbox.receive(manager, delivery)) !== 'handle') return false;
        await this.#messages.handle(delivery, manager);
        return true;
      }),
    );
  }

  /** @returns the outcome of the attempt */
  async #storeFailure(delivery: Delivery, error: unknown, receivedAt: Date): Promise<string> {
    const { module } = this.handlers;
    const kind = failureKind(error, receivedAt);
    const { state, attempts, waitMs } = await untilReachable(this.context.shutdown.stopping, () =>
      this.#inbox.fail(delivery, errorText(error), kind),
    );
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
