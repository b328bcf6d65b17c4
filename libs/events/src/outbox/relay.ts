import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { outsideCalls } from '@tearline/seam';
import type { DataSource } from 'typeorm';
import type { Broker } from '../broker/broker.js';
import { brokerJob, type OutboxRow } from './outbox-row.js';

const BATCH = 500;
const POLL_MS = 1_000;
/** Whoever has published is answered first; and what others publish meanwhile goes along. */
const AFTER_COMMIT_MS = 4;
/** While the broker is away, one row asks whether it is back. */
const LONGEST_PAUSE_MS = 5_000;

/**
 * Takes the rows that are due and puts off when they are due again, in one statement and so one transaction: any number
 * of relays share the work. A relay that dies here leaves them to the next time, 15 s later at first, 10 minutes at
 * last; so does a broker that forgets them. It need not wait for the disk: what a crash of PostgreSQL undoes here is
 * sent again, and found a duplicate.
 */
const take = (schema: string) => `
  with lazily as materialized (select set_config('synchronous_commit', 'off', true)),
  due as (
    select id from ${schema}.outbox where next_at <= now() and failed_at is null
    order by next_at, id limit $1 for update skip locked
  )
  update ${schema}.outbox o
  set sends = o.sends + 1,
    next_at = now() + least(interval '10 minutes', interval '15 seconds' * power(2, least(o.sends, 6)))
      * (1 + random() / 4)
  from due, lazily where o.id = due.id
  returning o.id, o.queue, o.aggregate, o.seq, o.type, o.version, o.payload, o.context, o.created_at, o.round`;

const giveBack = (schema: string) =>
  `update ${schema}.outbox set next_at = now(), sends = greatest(sends - 1, 0) where id = any($1)`;

/** Hands a module's outbox to the broker: soon when woken after a commit, and every second whatever happens. */
export class Relay {
  readonly #log = new Logger('Events');
  readonly #statements: { readonly take: string; readonly giveBack: string };
  #isRunning = false;
  #isWanted = false;
  #isStopped = true;
  #failures = 0;
  #notBefore = 0;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(
    private readonly module: string,
    private readonly database: DataSource,
    private readonly broker: Broker,
  ) {
    const schema = `"${module}"`;
    this.#statements = { take: take(schema), giveBack: giveBack(schema) };
  }

  start(): void {
    this.#isStopped = false;
    this.wake();
    outsideCalls(() => this.#poll());
  }

  /** Ends with the round that is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  /** Costs its caller nothing: the work is done outside of the caller's call. */
  wake(): void {
    this.#isWanted = true;
    if (this.#isRunning || this.#isStopped || performance.now() < this.#notBefore) return;
    this.#isRunning = true;
    this.#round = outsideCalls(async () => {
      await delay(AFTER_COMMIT_MS);
      await this.#run();
    });
  }

  #poll(): void {
    this.#timer = setTimeout(
      () => {
        this.wake();
        this.#poll();
      },
      POLL_MS * (0.75 + Math.random() / 2),
    ).unref();
  }

  async #run(): Promise<void> {
    try {
      while (this.#isWanted && !this.#isStopped) {
        this.#isWanted = false;
        const limit = this.#failures === 0 ? BATCH : 1;
        const taken = await this.#send(limit);
        if (this.#failures > 0) this.#worksAgain();
        if (taken === limit) this.#isWanted = true;
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isRunning = false;
    }
  }

  async #send(limit: number): Promise<number> {
    const [rows] = await this.database.query<[OutboxRow[], number]>(this.#statements.take, [limit]);
    // Within an aggregate, ids are in the order of its numbers; what comes in order need not wait in the inbox.
    rows.sort((a, b) => a.id - b.id);
    const sent = await Promise.allSettled(
      [...Map.groupBy(rows, ({ queue }) => queue)].map(async ([queue, some]) => {
        try {
          await this.broker.queue(queue).addBulk(some.map((row) => brokerJob(this.module, row)));
        } catch (error) {
          await this.database.query(this.#statements.giveBack, [some.map(({ id }) => id)]);
          throw error;
        }
      }),
    );
    const failed = sent.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    return rows.length;
  }

  #failed(error: unknown): void {
    const pause = Math.min(LONGEST_PAUSE_MS, 250 * 2 ** this.#failures) * (0.75 + Math.random() / 2);
    this.#notBefore = performance.now() + pause;
    this.#failures += 1;
    if (this.#failures === 1)
      this.#log.warn({ err: error }, `events of '${this.module}' wait: they cannot be relayed now`);
  }

  #worksAgain(): void {
    this.#failures = 0;
    this.#isWanted = true;
    this.#log.log(`events of '${this.module}' are relayed again`);
  }
}
