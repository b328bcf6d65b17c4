import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Job, Worker } from 'bullmq';
import type { DataSource } from 'typeorm';
import { type Broker, retryLater } from '../broker/broker.js';
import type { Origin } from '../origin/origin.js';

const BATCH_DELAY_MS = 20;
const MAX_BATCH = 200;

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
    private readonly origin: Origin,
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
    const queue = confirmationQueue(publisher);
    try {
      const signer = await this.origin.signer();
      const confirmation = signer.confirmation(queue, { subscriber: this.subscriber, ids });
      await this.broker
        .queue(queue)
        .add('confirmed', confirmation, { jobId: `${this.subscriber}-${randomUUID()}` });
    } catch (error) {
      this.#log.debug({ err: error }, `confirmation to '${publisher}' failed; it will send the events again`);
    }
  }
}

/** Starts the worker of a publisher's confirmation queue: it deletes the confirmed outbox rows. */
export function confirmationWorker(
  publisher: string,
  database: DataSource,
  broker: Broker,
  origin: Origin,
): Worker {
  const queue = confirmationQueue(publisher);
  const process = async (job: Job, token?: string) => {
    try {
      const confirmation = await origin.confirmation(queue, job);
      if (!confirmation) return;
      const { subscriber, ids } = confirmation;
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
  return broker.worker(queue, process, { concurrency: 1 });
}
