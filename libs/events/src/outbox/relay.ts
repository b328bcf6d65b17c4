import { Logger } from '@nestjs/common';
import { PeriodicTask } from '@tearline/seam';
import type { DataSource } from 'typeorm';
import type { Broker } from '../broker/broker.js';
import { brokerJob, deliveryOf, type EventRow, isEvent } from '../delivery.js';
import type { DirectSource } from '../direct/direct-event.js';
import type { DirectSubscribers } from '../direct/direct-subscribers.js';
import { isTransient } from '../handlers/failure.js';
import type { Origin } from '../origin/origin.js';
import { OutboxRows } from './outbox-rows.js';

const BATCH = 500;
/** A process takes no more at once to handle them itself. */
const DIRECT_BATCH = 100;
const NONE: ReadonlySet<string> = new Set();
const POLL_INTERVAL_MS = 1_000;
/** Lets the publishing request be answered first, and batches concurrent commits. */
const COMMIT_DELAY_MS = 4;
/** Batches confirmations, and usually joins them with the next claim. */
const CONFIRM_DELAY_MS = 20;
const MIN_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 5_000;

/**
 * Delivers the due rows of a module's outbox: 4 ms after a commit of this process, and every second. An event goes to its
 * subscriber if that takes it here, else to the broker, as does a job.
 */
export class Relay implements DirectSource {
  readonly #log = new Logger('Events');
  readonly #task: PeriodicTask;
  readonly #rows: OutboxRows;
  /** Ids of events that were handled here; the next claim deletes their rows. */
  readonly #confirmed = new Set<number>();
  readonly #unused: number[] = [];
  #failures = 0;
  /** On the clock of `performance.now()`. */
  #retryAt = 0;

  constructor(
    private readonly module: string,
    database: DataSource,
    private readonly broker: Broker,
    private readonly origin: Origin,
    private readonly direct: DirectSubscribers,
  ) {
    this.#rows = new OutboxRows(database, module);
    this.#task = new PeriodicTask(`relay of '${module}'`, POLL_INTERVAL_MS, () => this.#relay());
  }

  start(): void {
    this.#task.start();
    this.relayWithin(0);
  }

  /** Resolves when the batch that is being sent is sent, and the events that were handled here are confirmed. */
  async stop(): Promise<void> {
    await this.#task.stop();
    try {
      if (this.#unused.length > 0) await this.#rows.giveBack(this.#unused);
      if (this.#confirmed.size > 0)
        await this.#rows.claim(0, { accepting: [], busy: [] }, [...this.#confirmed]);
    } catch (error) {
      // The rows are sent again, and found duplicates.
      if (!isTransient(error)) throw error;
    }
  }

  /** Deletes the row of an event that was handled here, with the next claim. */
  confirm(id: number): void {
    this.#confirmed.add(id);
    this.relayWithin(CONFIRM_DELAY_MS);
  }

  /** Makes an event due that this process does not handle, when the relay stops. */
  giveBack(id: number): void {
    this.#unused.push(id);
  }

  /** Sends what is due in `ms` milliseconds, or at the next poll if that is earlier. Returns at once. */
  relayWithin(ms: number): void {
    if (performance.now() >= this.#retryAt) this.#task.runWithin(Math.max(ms, COMMIT_DELAY_MS));
  }

  async #relay(): Promise<void> {
    if (performance.now() < this.#retryAt) return;
    try {
      let limit: number;
      let sent: number;
      do {
        // After a failure, one row finds out whether the broker answers again.
        const subscribers = this.direct.available();
        limit = this.#failures > 0 ? 1 : subscribers.accepting.length > 0 ? DIRECT_BATCH : BATCH;
        sent = await this.#sendBatch(limit, subscribers);
        if (sent > 0 && this.#failures > 0) {
          this.#log.log(`events of '${this.module}' are relayed again`);
          this.#failures = 0;
        }
      } while (sent === limit && !this.#task.isStopped);
    } catch (error) {
      this.#backOff(error);
    }
  }

  async #sendBatch(limit: number, subscribers: ReturnType<DirectSubscribers['available']>): Promise<number> {
    // Before rows are claimed: without a key nothing can be sent.
    const signer = await this.origin.signer();
    const confirmed = [...this.#confirmed];
    const rows = await this.#rows.claim(limit, subscribers, confirmed);
    for (const id of confirmed) this.#confirmed.delete(id);
    const direct = new Set(subscribers.accepting);
    const taken = rows.filter((row) => isEvent(row) && row.attempts > 0 && direct.has(row.queue));
    const paused = taken.length > 0 ? await this.direct.paused() : NONE;
    const here = new Set(taken.filter(({ queue }) => !paused.has(queue)));
    this.#deliverHere([...here].filter(isEvent));
    const queued = rows.filter((row) => !here.has(row));
    const results = await Promise.allSettled(
      [...Map.groupBy(queued, ({ queue }) => queue)].map(async ([queue, some]) => {
        try {
          await this.broker.queue(queue).addBulk(some.map((row) => brokerJob(this.module, row, signer)));
        } catch (error) {
          await this.#rows.makeDueAgain(some.map(({ id }) => id));
          throw error;
        }
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return rows.length;
  }

  #deliverHere(rows: readonly EventRow[]): void {
    for (const [subscriber, some] of Map.groupBy(rows, ({ queue }) => queue))
      this.direct.get(subscriber)!.add(
        some.map((row) => ({
          delivery: deliveryOf(this.module, row),
          crashes: row.attempts - 1,
          source: this,
        })),
      );
  }

  #backOff(error: unknown): void {
    const backoff = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** this.#failures);
    this.#retryAt = performance.now() + backoff * (0.75 + Math.random() / 2);
    this.#failures += 1;
    if (this.#failures === 1)
      this.#log.warn({ err: error }, `events of '${this.module}' cannot be relayed; retrying`);
  }
}
