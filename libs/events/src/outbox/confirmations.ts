import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Broker } from '../broker/broker.js';

const SOONEST_MS = 20;
const AT_ONCE = 200;

/** What a subscriber tells a publisher. */
export interface Confirmation {
  readonly subscriber: string;
  /** Outbox rows that it answers for from now on. */
  readonly ids: readonly number[];
}

export const confirmationQueue = (publisher: string) => `${publisher}.confirmed`;

/**
 * Tells publishers what a subscriber has handled or has in its own inbox: many at once. One that gets lost costs a
 * repetition: the event is sent again, found a duplicate and confirmed again.
 */
export class Confirmations {
  readonly #log = new Logger('Events');
  readonly #waiting = new Map<string, number[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly subscriber: string,
    private readonly broker: Broker,
  ) {}

  add(publisher: string, id: number): void {
    const ids = this.#waiting.get(publisher);
    if (ids) ids.push(id);
    else this.#waiting.set(publisher, [id]);
    if (ids && ids.length >= AT_ONCE) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), SOONEST_MS);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = [...this.#waiting];
    this.#waiting.clear();
    await Promise.all(all.map(([publisher, ids]) => this.#send(publisher, ids)));
  }

  async #send(publisher: string, ids: readonly number[]): Promise<void> {
    const confirmation: Confirmation = { subscriber: this.subscriber, ids };
    try {
      await this.broker
        .queue(confirmationQueue(publisher))
        .add('confirmed', confirmation, { jobId: `${this.subscriber}-${randomUUID()}` });
    } catch (error) {
      this.#log.debug({ err: error }, `not confirmed to '${publisher}'; it will ask again`);
    }
  }
}

/** Forgets what a subscriber has confirmed. If PostgreSQL forgets that it forgot, it is confirmed once more. */
export async function forgetConfirmed(
  database: DataSource,
  publisher: string,
  { subscriber, ids }: Confirmation,
): Promise<void> {
  await database.query(
    `with lazily as materialized (select set_config('synchronous_commit', 'off', true))
     delete from "${publisher}".outbox using lazily where queue = $1 and id = any($2)`,
    [subscriber, ids],
  );
}
