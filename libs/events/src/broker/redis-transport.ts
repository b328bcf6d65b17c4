import { type ConnectionOptions, QueueKeys, RedisConnection, RedisQueueBackend } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import type { Outages } from './outages.js';
import { patient } from './patience.js';
import { RedisChecks } from './redis-checks.js';
import { PREFIX, type Transport } from './transport.js';

const RETRY_PAUSE_MS = 1_000;
const FIRST_ANSWER_MS = 3_000;

const lasting: RedisOptions = {
  connectTimeout: 2_000,
  keepAlive: 10_000,
  retryStrategy: (times) => Math.min(50 * 2 ** times, 2_000) * (0.75 + Math.random() / 2),
  // After a failover the former primary answers still, and refuses writes.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
};

/** For callers that rather fail than wait. */
const impatient: RedisOptions = {
  ...lasting,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: 2_000,
  socketTimeout: 2_500,
};

/** For workers, which have nothing better to do than to wait. */
const waiting: RedisOptions = { ...lasting, maxRetriesPerRequest: null };

/**
 * One connection for all queues, where commands fail within two seconds; one for all workers, where they wait until
 * Redis is back; and one for each worker to wait for work on.
 */
export class RedisTransport implements Transport {
  readonly isRedis = true;
  readonly #clients: Redis[] = [];
  readonly #queues: Redis;
  #workers?: Redis;

  constructor(
    private readonly url: string,
    private readonly outages: Outages,
  ) {
    this.#queues = this.connect('queues', impatient);
    const checks = new RedisChecks(this.#queues);
    this.#queues.on('ready', () => {
      outages.works();
      void checks.run().catch(outages.failed);
    });
  }

  /** For publishing what need not arrive. */
  get client(): Redis {
    return this.#queues;
  }

  get connection(): ConnectionOptions {
    return this.#queues;
  }

  /** A connection more, for as long as this transport. Who has it subscribes at each `ready`. */
  subscriber(): Redis {
    return this.connect('signals', { ...waiting, autoResubscribe: false });
  }

  readonly backendFactory: Transport['backendFactory'] = (
    name,
    opts,
    { withBlockingConnection = false } = {},
  ) => {
    const keys = new QueueKeys(PREFIX);
    return patient(
      new RedisQueueBackend(
        this.shared(withBlockingConnection ? this.workers() : this.#queues),
        name,
        keys.getKeys(name),
        (type) => keys.toKey(name, type),
        opts,
        withBlockingConnection ? this.blocking(name) : undefined,
      ),
      RETRY_PAUSE_MS,
    );
  };

  async check(): Promise<void> {
    if (this.#queues.status !== 'ready') await this.firstAnswer();
    if (this.#queues.status !== 'ready') return;
    const problem = await new RedisChecks(this.#queues).problem().catch(this.outages.failed);
    if (problem) throw new Error(problem);
  }

  async disconnect(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
  }

  private async firstAnswer(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, FIRST_ANSWER_MS);
      const settle = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#queues.once('ready', settle);
      this.#queues.once('error', settle);
    });
  }

  private workers(): Redis {
    return (this.#workers ??= this.connect('workers', { ...waiting, socketTimeout: 10_000 }));
  }

  /** Waiting to be ready, or asking for the version, would fail once and for all when Redis is away just then. */
  private shared(client: Redis): RedisConnection {
    return new RedisConnection(client, {
      shared: true,
      blocking: false,
      skipVersionCheck: true,
      skipWaitingForReady: true,
    });
  }

  private blocking(queue: string): RedisConnection {
    // A worker waits five seconds at a time, ten at most.
    const client = this.connect('worker', {
      ...waiting,
      socketTimeout: 15_000,
      connectionName: workerName(queue),
    });
    const connection = new RedisConnection(client, {
      shared: false,
      blocking: true,
      skipVersionCheck: true,
      skipWaitingForReady: true,
    });
    // Not having asked, it takes Redis for one that can wait for whole seconds only.
    void connection.client.then(() => {
      connection.capabilities = { canDoubleTimeout: true, canBlockFor1Ms: false };
    }, this.outages.failed);
    return connection;
  }

  private connect(purpose: string, options: RedisOptions): Redis {
    const client = new Redis(this.url, {
      connectionName: `${PREFIX}:${purpose}`,
      ...options,
    });
    client.on('error', this.outages.failed);
    this.#clients.push(client);
    return client;
  }
}

/** By which BullMQ finds out who works. */
const workerName = (queue: string) => `${PREFIX}:${Buffer.from(queue).toString('base64')}`;
