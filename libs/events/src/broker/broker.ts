import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DelayedError, type Job, type Processor, Queue, Worker } from 'bullmq';
import { isTransient } from '../handlers/failure.js';
import { OutageLog } from './outage-log.js';
import { PostgresTransport } from './postgres-transport.js';
import { RedisTransport } from './redis-transport.js';
import { PREFIX, type Transport } from './transport.js';

const CLOSE_TIMEOUT_MS = 5_000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

const log = new Logger('Queues');

/** A finished job is deleted, however it ended: a job that is kept would hide the next one with its id. */
const KEEP_NONE = { count: 0 };

/** The server that holds the queues. */
export type BrokerOptions =
  | {
      /** `redis://…` or `rediss://…`, with the password, and the number of the database as path. */
      readonly redisUrl: string;
    }
  | {
      /** PostgreSQL, with the queues' own role, which `migrateQueues` creates. */
      readonly databaseUrl: string;
    };

/**
 * The BullMQ queues and workers of this process, on Redis or PostgreSQL. The server need not be reachable at start, and may
 * come and go: commands of a queue then fail within seconds, workers wait.
 */
export class Broker {
  readonly transport: Transport;
  readonly #outages: OutageLog;
  readonly #queues = new Map<string, Queue>();
  readonly #workers: Worker[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #closing?: Promise<void>;

  constructor(options: BrokerOptions) {
    const isRedis = 'redisUrl' in options;
    this.#outages = new OutageLog(isRedis ? 'Redis' : "the queues' PostgreSQL");
    this.transport = isRedis
      ? new RedisTransport(options.redisUrl, this.#outages)
      : new PostgresTransport(options.databaseUrl, this.#outages);
  }

  /**
   * Called at start, before anything is queued.
   * @throws Error of one line when this Redis evicts keys, or this PostgreSQL has no tables for queues
   */
  check(): Promise<void> {
    return this.transport.check();
  }

  /** Returns the queue of this name. Its commands fail within seconds while the server does not answer. */
  queue(name: string): Queue {
    const known = this.#queues.get(name);
    if (known) return known;
    const queue = new Queue(
      name,
      {
        connection: this.transport.connection,
        prefix: PREFIX,
        // BullMQ writes it in the background at construction, where an unreachable server is an unhandled error.
        skipMetasUpdate: true,
        defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
      },
      this.transport.backendFactory,
    ) as unknown as Queue;
    queue.on('error', this.#outages.failed);
    this.#queues.set(name, queue);
    return queue;
  }

  /** Starts a worker that runs up to `concurrency` jobs at once. */
  worker(name: string, processor: Processor, { concurrency }: { concurrency: number }): Worker {
    const worker = new Worker(
      name,
      (job, token, signal) => this.#run(processor(job, token, signal)),
      {
        connection: this.transport.connection,
        prefix: PREFIX,
        // The jobs of a process that crashed go to another one after lockDuration + stalledInterval.
        lockDuration: 5_000,
        stalledInterval: 4_000,
        // The processors limit crashes themselves: they store the job as a dead letter.
        maxStalledCount: 1_000_000,
        runRetryDelay: 1_000,
        removeOnComplete: KEEP_NONE,
        removeOnFail: KEEP_NONE,
        concurrency,
      },
      this.transport.backendFactory,
    ) as unknown as Worker;
    worker.on('error', this.#outages.failed);
    this.#workers.push(worker);
    return worker;
  }

  /** Waits for running jobs, for five seconds at most; then closes the connections, even those that do not answer. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #run<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  async #close(): Promise<void> {
    const closed = Promise.allSettled(this.#workers.map((worker) => worker.close()));
    // A worker waits without limit for an unreachable server; only running jobs are worth waiting for.
    const done = Promise.allSettled(this.#running).then(() => within(1_000, closed));
    await within(CLOSE_TIMEOUT_MS, done);
    await within(1_000, Promise.allSettled([...this.#queues.values()].map((queue) => queue.close())));
    await within(1_000, this.transport.disconnect());
  }
}

/**
 * Returns a job to its queue with a delay, because its result could not be stored.
 * @param error the reason, logged unless it is an outage: the relay and the broker log outages
 * @throws DelayedError always: BullMQ's signal for a job that was moved
 */
export async function retryLater(job: Job, token: string | undefined, error: unknown): Promise<never> {
  if (!isTransient(error)) log.warn({ err: error }, `${job.name} ${job.id} is retried later`);
  const backoff = Math.min(FIRST_RETRY_MS * 2 ** Math.min(job.attemptsStarted, 10), MAX_RETRY_MS);
  await job.moveToDelayed(Date.now() + jittered(backoff), token);
  throw new DelayedError();
}

/** Returns a random duration between half of `ms` and `ms`. */
export const jittered = (ms: number): number => Math.round(ms * (0.5 + Math.random() / 2));

/** Resolves when the work has ended in any way, or after `ms`. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work.catch(() => undefined), delay(ms, undefined, { ref: false })]);
}
