import { type Processor, Queue, Worker, type WorkerOptions } from 'bullmq';
import type { BrokerOptions } from './broker-options.js';
import { Outages } from './outages.js';
import { PostgresTransport } from './postgres-transport.js';
import { RedisTransport } from './redis-transport.js';
import { PREFIX, type Transport } from './transport.js';

export type { BrokerOptions } from './broker-options.js';

const CLOSE_MS = 5_000;

/** A job is gone when it is done, however it ended: a kept one would swallow the next with its id. */
const KEEP_NONE = { count: 0 };

/** How a worker differs from others; where and how it connects is the broker's. */
export type WorkerSettings = { concurrency: number } & Partial<
  Pick<WorkerOptions, 'autorun' | 'limiter' | 'settings' | 'lockDuration' | 'stalledInterval'>
>;

/**
 * Queues and workers of this process, on Redis or PostgreSQL. Neither has to be there when it starts, and both may go
 * and come: asking a queue then fails within seconds, workers wait.
 */
export class Broker {
  readonly #transport: Transport;
  readonly #outages: Outages;
  readonly #queues = new Map<string, Queue>();
  readonly #workers: Worker[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #closing?: Promise<void>;

  constructor(options: BrokerOptions) {
    const isRedis = 'redisUrl' in options;
    this.#outages = new Outages(isRedis ? 'Redis' : "the queues' PostgreSQL");
    this.#transport = isRedis
      ? new RedisTransport(options.redisUrl, this.#outages)
      : new PostgresTransport(options.databaseUrl, this.#outages);
  }

  get isRedis(): boolean {
    return this.#transport.isRedis;
  }

  /** What queues stand on, for signals. */
  get transport(): Transport {
    return this.#transport;
  }

  /**
   * Asked once at start, before anything is put into queues.
   * @throws Error of one line when this Redis throws data away, or this PostgreSQL has no tables for queues
   */
  check(): Promise<void> {
    return this.#transport.check();
  }

  /** The queue of this name, always the same. What it is asked fails in seconds when nobody answers. */
  queue(name: string): Queue {
    const known = this.#queues.get(name);
    if (known) return known;
    const queue = new Queue(
      name,
      {
        connection: this.#transport.connection,
        prefix: PREFIX,
        // Written at once and without being asked, it would be the first thing to fail.
        skipMetasUpdate: true,
        defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
      },
      this.#transport.backendFactory,
    ) as unknown as Queue;
    queue.on('error', this.#outages.failed);
    this.#queues.set(name, queue);
    return queue;
  }

  /** Begins to work at once, unless `autorun` is false. */
  worker(name: string, processor: Processor, settings: WorkerSettings): Worker {
    const worker = new Worker(
      name,
      (job, token, signal) => this.run(processor(job, token, signal)),
      {
        connection: this.#transport.connection,
        prefix: PREFIX,
        // The work of a process that died is somebody else's within lockDuration + stalledInterval.
        lockDuration: 5_000,
        stalledInterval: 4_000,
        // How often that may happen to a job is for its handler to say, which knows what to do then.
        maxStalledCount: 1_000_000,
        runRetryDelay: 1_000,
        removeOnComplete: KEEP_NONE,
        removeOnFail: KEEP_NONE,
        ...settings,
      },
      this.#transport.backendFactory,
    ) as unknown as Worker;
    worker.on('error', this.#outages.failed);
    this.#workers.push(worker);
    return worker;
  }

  /** Lets work under way finish, for five seconds at most; then lets go of the connections, whoever is away. */
  close(): Promise<void> {
    return (this.#closing ??= this.shutDown());
  }

  private async run<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  private async shutDown(): Promise<void> {
    const closed = Promise.allSettled(this.#workers.map((worker) => worker.close()));
    // A worker waits for a server that is away, for ever; handlers' work is what is worth waiting for.
    const done = Promise.allSettled(this.#running).then(() => within(1_000, closed));
    await within(CLOSE_MS, done);
    await within(1_000, Promise.allSettled([...this.#queues.values()].map((queue) => queue.close())));
    await within(1_000, this.#transport.disconnect());
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => undefined), timeout]).finally(() => clearTimeout(timer));
}
