import { Logger } from '@nestjs/common';
import { PeriodicTask } from '@tearline/seam';
import type { DataSource } from 'typeorm';
import type { Broker } from '../broker/broker.js';
import { brokerJob, type OutboxRow } from '../delivery.js';

const BATCH = 500;
const POLL_INTERVAL_MS = 1_000;
/** Lets the publishing request be answered first, and batches concurrent commits. */
const COMMIT_DELAY_MS = 4;
const MIN_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 5_000;

/**
 * Claims the rows that are due and schedules their next sending, in one statement: any number of relays share the work.
 * Rows that a relay claims and does not send, because it crashes, are due again: after 15 s at first, 12.5 minutes at last.
 * So are rows that the broker loses. The commit need not wait for the disk: what a crash of PostgreSQL undoes is sent again and found a duplicate.
 */
const claimDue = (schema: string) => `
  with async_commit as materialized (select set_config('synchronous_commit', 'off', true)),
  due as (
    select id from ${schema}.outbox where next_at <= now() and failed_at is null
    order by next_at, id limit $1 for update skip locked
  )
  update ${schema}.outbox o
  set sends = o.sends + 1,
    next_at = now() + least(interval '10 minutes', interval '15 seconds' * power(2, least(o.sends, 6)))
      * (1 + random() / 4)
  from due, async_commit where o.id = due.id
  returning o.id, o.queue, o.aggregate, o.seq, o.type, o.version, o.payload, o.context, o.created_at, o.round`;

/** A send that failed may have reached the broker all the same: without `sends`, the next attempt of the job is scheduled already. */
const makeDueAgain = (schema: string) =>
  `update ${schema}.outbox set next_at = now(), sends = sends - 1 where id = any($1) and sends > 0`;

/** Sends the due rows of a module's outbox to the broker: 4 ms after a commit of this process, and every second. */
export class Relay {
  readonly #log = new Logger('Events');
  readonly #task: PeriodicTask;
  readonly #statements: { readonly claimDue: string; readonly makeDueAgain: string };
  #failures = 0;
  /** On the clock of `performance.now()`. */
  #retryAt = 0;

  constructor(
    private readonly module: string,
    private readonly database: DataSource,
    private readonly broker: Broker,
  ) {
    const schema = `"${module}"`;
    this.#statements = { claimDue: claimDue(schema), makeDueAgain: makeDueAgain(schema) };
    this.#task = new PeriodicTask(`relay of '${module}'`, POLL_INTERVAL_MS, () => this.#relay());
  }

  start(): void {
    this.#task.start();
    this.relayWithin(0);
  }

  /** Resolves when the batch that is being sent is sent. */
  stop(): Promise<void> {
    return this.#task.stop();
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
        limit = this.#failures === 0 ? BATCH : 1;
        sent = await this.#sendBatch(limit);
        if (sent > 0 && this.#failures > 0) {
          this.#log.log(`events of '${this.module}' are relayed again`);
          this.#failures = 0;
        }
      } while (sent === limit && !this.#task.isStopped);
    } catch (error) {
      this.#backOff(error);
    }
  }

  async #sendBatch(limit: number): Promise<number> {
    const [rows] = await this.database.query<[OutboxRow[], number]>(this.#statements.claimDue, [limit]);
    // Ids of an aggregate have the order of its sequence. Events that arrive in order need not be stored in the inbox.
    rows.sort((a, b) => a.id - b.id);
    const results = await Promise.allSettled(
      [...Map.groupBy(rows, ({ queue }) => queue)].map(async ([queue, some]) => {
        try {
          await this.broker.queue(queue).addBulk(some.map((row) => brokerJob(this.module, row)));
        } catch (error) {
          await this.database.query(this.#statements.makeDueAgain, [some.map(({ id }) => id)]);
          throw error;
        }
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return rows.length;
  }

  #backOff(error: unknown): void {
    const backoff = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** this.#failures);
    this.#retryAt = performance.now() + backoff * (0.75 + Math.random() / 2);
    this.#failures += 1;
    if (this.#failures === 1)
      this.#log.warn({ err: error }, `events of '${this.module}' cannot be relayed; retrying`);
  }
}
