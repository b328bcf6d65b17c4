import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DelayedError, type Job, type Processor, Queue, Worker } from 'bullmq';
import { isTransient } from '../handlers/failure.js';
import { OutageLog } from './outage-log.js';
import { PostgresTransport } from './postgres-transport.js';
import { RedisTransport } from './redis-transport.js';
import type { Transport } from './transport.js';

const CLOSE_TIMEOUT_MS = 5_000;
const MAX_ANSWER_MS = 1_000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

/** Of tests and programs that have the server for themselves. */
const DEFAULT_NAMESPACE = 'tearline-0';

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
      /** PostgreSQL, with the queues' own role. It may name several servers, of which one takes writes. */
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
  /** The jobs that each worker runs. */
  readonly #workers = new Map<Worker, Set<Promise<unknown>>>();
  readonly #stopped = new Map<Worker, Promise<void>>();
  #stoppingSince?: number;
  #answersUntil?: number;
  #closing?: Promise<void>;

  /** @param namespace of this deployment; several on one server have different ones */
  constructor(options: BrokerOptions, namespace = DEFAULT_NAMESPACE) {
    const isRedis = 'redisUrl' in options;
    this.#outages = new OutageLog(
      isRedis ? 'Redis (REDIS_URL)' : "the queues' PostgreSQL (QUEUES_DATABASE_URL)",
    );
    this.transport = isRedis
      ? new RedisTransport(options.redisUrl, namespace, this.#outages)
      : new PostgresTransport(options.databaseUrl, namespace, this.#outages);
  }

  /** Whether the queues are tables of PostgreSQL. */
  get isOnPostgres(): boolean {
    return this.transport instanceof PostgresTransport;
  }

  /**
   * Called at start, before anything is queued. Warns of queues that another release or deployment has there.
   * @param queues the queues of the application
   * @throws Error of one line when this Redis evicts keys, or this PostgreSQL has no tables for queues
   */
  check(queues: readonly string[] = []): Promise<void> {
    return this.transport.check(queues);
  }

  /** Returns the queue of this name. Its commands fail within seconds while the server does not answer. */
  queue(name: string): Queue {
    const known = this.#queues.get(name);
    if (known) return known;
    const queue = new Queue(
      this.transport.qualify(name),
      {
        connection: this.transport.connection,
        prefix: this.transport.prefix,
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
    const running = new Set<Promise<unknown>>();
    const worker = new Worker(
      this.transport.qualify(name),
      (job, token, signal) => runIn(running, processor(job, token, signal)),
      {
        connection: this.transport.connection,
        prefix: this.transport.prefix,
        // The jobs of a process that crashed go to another one within lockDuration + 2 × stalledInterval: BullMQ skips a check
        // that comes a moment before the interval since the last one has passed.
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
    this.#workers.set(worker, running);
    return worker;
  }

  /**
   * Stops a worker: waits for its running jobs, then for the server, for a second at most. BullMQ waits without limit for a
   * server that is unreachable.
   */
  stop(worker: Worker): Promise<void> {
    this.#stoppingSince ??= performance.now();
    const stopping = this.#stopped.get(worker) ?? this.#stop(worker);
    this.#stopped.set(worker, stopping);
    return stopping;
  }

  /**
   * Stops all workers, within five seconds of the first stop; then closes the connections, even those that do not answer.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #stop(worker: Worker): Promise<void> {
    const closed = worker.close();
    await Promise.allSettled(this.#workers.get(worker)!);
    await within(this.#answerMs, closed);
  }

  async #close(): Promise<void> {
    const stopped = Promise.all([...this.#workers.keys()].map((worker) => this.stop(worker)));
    const elapsed = performance.now() - (this.#stoppingSince ?? performance.now());
    await within(Math.max(0, CLOSE_TIMEOUT_MS - elapsed), stopped);
    await within(
      this.#answerMs,
      Promise.allSettled([...this.#queues.values()].map((queue) => queue.close())),
    );
    await within(this.#answerMs, this.transport.disconnect());
  }

  /** Milliseconds that are left to wait for the server's answers at the end: a second in all, none for one that is unreachable. */
  get #answerMs(): number {
    this.#answersUntil ??= performance.now() + MAX_ANSWER_MS;
    return this.#outages.isOut ? 0 : Math.max(0, this.#answersUntil - performance.now());
  }
}

async function runIn<T>(running: Set<Promise<unknown>>, work: Promise<T>): Promise<T> {
  running.add(work);
  try {
    return await work;
  } finally {
    running.delete(work);
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
  return returnToQueue(job, token, jittered(backoff));
}

/** Returns a job to its queue for `ms`. @throws DelayedError always: BullMQ's signal for a job that was moved */
export async function returnToQueue(job: Job, token: string | undefined, ms: number): Promise<never> {
  await job.moveToDelayed(Date.now() + ms, token);
  throw new DelayedError();
}

/** Returns a random duration between half of `ms` and `ms`. */
export const jittered = (ms: number): number => Math.round(ms * (0.5 + Math.random() / 2));

/** Resolves when the work has ended in any way, or after `ms`. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work.catch(() => undefined), delay(ms, undefined, { ref: false })]);
}
