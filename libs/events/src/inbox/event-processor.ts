import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { deliveryCall } from '../handling/delivery-call.js';
import type { Ending } from '../handling/ending.js';
import type { EventBinding, Handlers } from '../handling/handlers.js';
import { inTime } from '../handling/in-time.js';
import { NotKnownHere } from '../handling/not-known-here.js';
import { described, isTransient } from '../handling/transient.js';
import type { HandledMetrics } from '../handling/handled-metrics.js';
import type { Delivery } from '../outbox/delivery.js';
import { Inbox, type Severity } from './inbox.js';
import type { Message } from './message.js';

const TIMEOUT_MS = 30_000;
/** A handler that ends its process so often, without a word, is the cause. */
const SILENT_ENDS = 10;
/** A deploy takes less than that; an event that nobody knows for longer is a mistake for somebody to look at. */
const DEPLOY_MS = 60 * 60_000;
/** Successors of one event that are handled before others get their turn. */
const IN_A_ROW = 20;

/** Handles the events of one module: each once, those of one aggregate in their order. */
export class EventProcessor {
  readonly #log = new Logger('Events');
  readonly inbox: Inbox;

  /**
   * @param later told in how many milliseconds the inbox has something to do
   */
  constructor(
    private readonly database: DataSource,
    private readonly handlers: Handlers,
    private readonly metrics: HandledMetrics,
    private readonly ending: Ending,
    private readonly later: (ms: number) => void,
  ) {
    this.inbox = new Inbox(database, `"${handlers.module}"`);
  }

  /**
   * Takes an event that the broker has brought. When this resolves, the publisher may forget it: it is handled, or in
   * this module's own inbox.
   * @param stalls how often it was begun and nobody told how that ended
   * @throws when the module's database is away
   */
  async take(event: Delivery, stalls: number): Promise<void> {
    if (stalls >= SILENT_ENDS) return this.#keep(event, silentEnd(stalls), 'deadly');
    await this.#attempt(event, new Date());
  }

  /** Handles the stored events that are next in an aggregate, until there is none, or others should have their turn. */
  async goOn(publisher: string, aggregate: string): Promise<void> {
    for (let count = 0; count < IN_A_ROW; count += 1) {
      if (this.ending.stopping.aborted) return;
      const claim = await this.inbox.claim(publisher, aggregate);
      if (!claim) return;
      if (claim.claims > SILENT_ENDS) await this.#keep(claim.event, silentEnd(claim.claims - 1), 'deadly');
      else await this.#attempt(claim.event, claim.receivedAt);
    }
    this.later(0);
  }

  async #attempt(event: Delivery, receivedAt: Date): Promise<void> {
    const began = performance.now();
    const record = (outcome: string) =>
      this.metrics.handled(this.handlers.module, event.type, outcome, performance.now() - began);
    try {
      if (await this.#handle(event)) record('handled');
    } catch (error) {
      const severity = severityOf(error, receivedAt);
      record(severity === 'transient' ? 'put-off' : 'failed');
      await this.#keep(event, error, severity);
    }
  }

  /** @returns whether it was handled now; else it is a duplicate, or stored */
  async #handle(event: Delivery): Promise<boolean> {
    const call = deliveryCall(`event:${event.publisher}:${event.id}`, event.context, TIMEOUT_MS);
    const reception = await inTime(call, TIMEOUT_MS, this.ending.cutting, () =>
      this.database.transaction(async (manager) => {
        const received = await this.inbox.receive(manager, event);
        if (received === 'handle') {
          const { contract, handle } = this.#binding(event);
          await handle(messageOf(event, contract), manager);
        }
        return received;
      }),
    );
    return reception === 'handle';
  }

  #binding(event: Delivery): EventBinding {
    const binding = this.handlers.events.get(event.type);
    if (!binding) throw new NotKnownHere(`'${this.handlers.module}' has no handler for '${event.type}'`);
    if (event.version > binding.contract.version)
      throw new NotKnownHere(
        `'${event.type}' has version ${event.version}; only ${binding.contract.version} is known here`,
      );
    return binding;
  }

  async #keep(event: Delivery, error: unknown, severity: Severity): Promise<void> {
    const { state, attempts, waitMs } = await this.inbox.fail(event, described(error), severity);
    const about = `${event.type} of ${event.aggregate} (${event.publisher}:${event.id})`;
    if (state === 'handled') return;
    if (state === 'dead') {
      this.#log.error({ err: error }, `dead: ${about}; the events behind it wait`);
      return;
    }
    this.metrics.retried(this.handlers.module, event.type, severity === 'transient' ? 'transient' : 'failed');
    const counted = severity === 'transient' ? 'put off' : `failed ${attempts} times`;
    this.#log.warn({ err: error }, `${counted}: ${about}; again in ${waitMs} ms`);
    this.later(waitMs);
  }
}

function severityOf(error: unknown, receivedAt: Date): Severity {
  if (error instanceof NotKnownHere)
    return Date.now() - receivedAt.getTime() > DEPLOY_MS ? 'deadly' : 'transient';
  return isTransient(error) ? 'transient' : 'counts';
}

function silentEnd(times: number): Error {
  return new Error(`its handler was begun ${times} times and did not come back: it may end its process`);
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
