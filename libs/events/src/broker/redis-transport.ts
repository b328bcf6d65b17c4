import { once } from 'node:events';
import { type ConnectionOptions, QueueKeys, RedisConnection, RedisQueueBackend } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import type { OutageLog } from './outage-log.js';
import { OtherDeployments } from './other-deployments.js';
import { RedisChecks } from './redis-checks.js';
import { pauseOnError, type Transport } from './transport.js';

const MAX_CHECK_MS = 3_000;

const reconnecting: RedisOptions = {
  connectTimeout: 2_000,
  keepAlive: 10_000,
  retryStrategy: (times) => Math.min(50 * 2 ** times, 2_000) * (0.75 + Math.random() / 2),
  // After a failover the former primary still answers, and refuses writes.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
};

/** For queues: a command fails within seconds instead of waiting for Redis. */
const failFast: RedisOptions = {
  ...reconnecting,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: 2_000,
  socketTimeout: 2_500,
};

/** For workers: a command waits until Redis is reachable. */
const waitForRedis: RedisOptions = { ...reconnecting, maxRetriesPerRequest: null };

/**
 * One connection for all queues, one for all workers, and one for each worker that blocks until there is work.
 */
export class RedisTransport implements Transport {
  readonly prefix: string;
  readonly #clients: Redis[] = [];
  readonly #queues: Redis;
  #workers?: Redis;

  constructor(
    private readonly url: string,
    readonly namespace: string,
    private readonly outages: OutageLog,
  ) {
    this.prefix = `${namespace}:queue`;
    this.#queues = this.#connect('queues', failFast);
    const checks = new RedisChecks(this.#queues);
    this.#queues.on('ready', () => {
      outages.recovered();
      void checks.run().catch(outages.failed);
    });
  }

  /** Keys have the prefix. */
  qualify(queue: string): string {
    return queue;
  }

  /** The connection of the queues, for publishing broadcasts. */
  get client(): Redis {
    return this.#queues;
  }

  get connection(): ConnectionOptions {
    return this.#queues;
  }

  /** Opens another connection, for pub/sub. Its user subscribes at each `ready`. */
  subscriber(): Redis {
    return this.#connect('broadcasts', { ...waitForRedis, autoResubscribe: false });
  }

  readonly backendFactory: Transport['backendFactory'] = (
    name,
    opts,
    { withBlockingConnection = false } = {},
  ) => {
    const keys = new QueueKeys(this.prefix);
    return pauseOnError(
      new RedisQueueBackend(
        this.#shared(withBlockingConnection ? this.#workerClient() : this.#queues),
        name,
        keys.getKeys(name),
        (type) => keys.toKey(name, type),
        opts,
        withBlockingConnection ? this.#blocking(name) : undefined,
      ),
    );
  };

  async check(queues: readonly string[]): Promise<void> {
    // `once` rejects when the first event is an error.
    if (this.#queues.status !== 'ready')
      await once(this.#queues, 'ready', { signal: AbortSignal.timeout(MAX_CHECK_MS) }).catch(() => undefined);
    if (this.#queues.status !== 'ready') return;
    const problem = await new RedisChecks(this.#queues).problem().catch(this.outages.failed);
    if (problem) throw new Error(problem);
    await new OtherDeployments(this.#queues, this.namespace).report(queues).catch(this.outages.failed);
  }

  async disconnect(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
  }

  #workerClient(): Redis {
    return (this.#workers ??= this.#connect('workers', { ...waitForRedis, socketTimeout: 10_000 }));
  }

  /** Skips BullMQ's initial checks: an unreachable Redis would make them fail for good. */
  #shared(client: Redis): RedisConnection {
    return new RedisConnection(client, {
      shared: true,
      blocking: false,
      skipVersionCheck: true,
      skipWaitingForReady: true,
    });
  }

  #blocking(queue: string): RedisConnection {
    // A worker blocks for five seconds, ten at most.
    const client = this.#connect('worker', {
      ...waitForRedis,
      socketTimeout: 15_000,
      connectionName: workerName(this.prefix, queue),
    });
    const connection = new RedisConnection(client, {
      shared: false,
      blocking: true,
      skipVersionCheck: true,
      skipWaitingForReady: true,
    });
    // Without a version check, BullMQ assumes a Redis that blocks for whole seconds only.
    void connection.client.then(() => {
      connection.capabilities = { canDoubleTimeout: true, canBlockFor1Ms: false };
    }, this.outages.failed);
    return connection;
  }

  #connect(purpose: string, options: RedisOptions): Redis {
    const client = new Redis(this.url, {
      connectionName: `${this.namespace}:${purpose}`,
      ...options,
    });
    client.on('error', this.outages.failed);
    this.#clients.push(client);
    return client;
  }
}

/** The name by which BullMQ's `getWorkers` recognises the connection. */
const workerName = (prefix: string, queue: string) => `${prefix}:${Buffer.from(queue).toString('base64')}`;
