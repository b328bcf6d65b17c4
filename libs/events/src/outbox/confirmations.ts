import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Job, Worker } from 'bullmq';
import type { DataSource } from 'typeorm';
import { type Broker, retryLater } from '../broker/broker.js';

const BATCH_DELAY_MS = 20;
const MAX_BATCH = 200;

/** A message from a subscriber to a publisher. */
interface Confirmation {
  readonly subscriber: string;
  /** Outbox rows that the subscriber has handled or stored in its inbox. */
  readonly ids: readonly number[];
}

/** Returns the name of the queue that carries confirmations to a publisher. */
export const confirmationQueue = (publisher: string) => `${publisher}.confirmed`;

/**
 * Sends a subscriber's confirmations to publishers, in batches. A lost confirmation costs a repetition only: the event is
 * sent again, found a duplicate and confirmed again.
 */
export class Confirmations {
  readonly #log = new Logger('Events');
  readonly #pending = new Map<string, number[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly subscriber: string,
    private readonly broker: Broker,
  ) {}

  add(publisher: string, id: number): void {
    const ids = this.#pending.get(publisher);
    if (ids) ids.push(id);
    else this.#pending.set(publisher, [id]);
    if (ids && ids.length >= MAX_BATCH) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), BATCH_DELAY_MS);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = [...this.#pending];
    this.#pending.clear();
    await Promise.all(all.map(([publisher, ids]) => this.#send(publisher, ids)));
  }

  async #send(publisher: string, ids: readonly number[]): Promise<void> {
    const confirmation: Confirmation = { subscriber: this.subscriber, ids };
    try {
      await this.broker
        .queue(confirmationQueue(publisher))
        .add('confirmed', confirmation, { jobId: `${this.subscriber}-${randomUUID()}` });
    } catch (error) {
      this.#log.debug({ err: error }, `confirmation to '${publisher}' failed; it will send the events again`);
    }
  }
}

/** Starts the worker of a publisher's confirmation queue: it deletes the confirmed outbox rows. */
export function confirmationWorker(publisher: string, database: DataSource, broker: Broker): Worker {
  const process = async (job: Job<Confirmation>, token?: string) => {
    const { subscriber, ids } = job.data;
    try {
      // What a crash of PostgreSQL undoes here is confirmed once more.
      await database.query(
        `with async_commit as materialized (select set_config('synchronous_commit', 'off', true))
         delete from "${publisher}".outbox using async_commit where queue = $1 and id = any($2)`,
        [subscriber, ids],
      );
    } catch (error) {
      await retryLater(job, token, error);
    }
  };
  return broker.worker(confirmationQueue(publisher), process, { concurrency: 1 });
}
