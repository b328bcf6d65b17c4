import { Logger } from '@nestjs/common';
import {
  type ConnectionOptions,
  DEFAULT_SCHEMA,
  PostgresQueueBackend,
  SchemaMigrationRequiredError,
  SchemaVersionMismatchError,
} from 'bullmq';
import type pg from 'pg';
import { serverUrls } from '@tearline/settings';
import { writablePool } from './writable-pool.js';
import type { OutageLog } from './outage-log.js';
import { checkSchema, ListenClient, SharedPostgresConnection } from './postgres-connection.js';
import { FORMER_NAMESPACE, pauseOnError, type Transport } from './transport.js';

/** Connections of a process to the PostgreSQL that holds the queues: one listens, the others run short statements. */
export const MAX_BROKER_CONNECTIONS = 5;

const INVALID_SCHEMA_NAME = '3F000';
const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';

/** One pool for all queues and workers of the process. */
export class PostgresTransport implements Transport {
  readonly pool: pg.Pool;
  readonly listenClient: ListenClient;
  /** Unused: PostgreSQL has tables instead of keys. */
  readonly prefix = FORMER_NAMESPACE;

  constructor(
    databaseUrl: string,
    readonly namespace: string,
    private readonly outages: OutageLog,
  ) {
    this.pool = writablePool(serverUrls(databaseUrl).map(withSearchPath), {
      application_name: 'tearline queues',
      max: MAX_BROKER_CONNECTIONS,
      connectionTimeoutMillis: 2_000,
      // A statement that waits for a lock ends on the server, too, before its connection is replaced.
      statement_timeout: 4_500,
      query_timeout: 5_000,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    // Each queue and worker adds a listener.
    this.pool.setMaxListeners(0);
    this.pool.on('error', outages.failed);
    this.pool.on('release', (error: unknown) => {
      if (!error) outages.recovered();
    });
    this.listenClient = new ListenClient(this.pool);
  }

  get connection(): ConnectionOptions {
    return this.pool;
  }

  readonly backendFactory: Transport['backendFactory'] = (name, opts) =>
    pauseOnError(
      new PostgresQueueBackend(
        new SharedPostgresConnection(this.pool, this.listenClient),
        name,
        opts as unknown as ConstructorParameters<typeof PostgresQueueBackend>[2],
      ),
    );

  qualify(queue: string): string {
    return `${this.namespace}.${queue}`;
  }

  async check(queues: readonly string[]): Promise<void> {
    try {
      await checkSchema(this.pool, DEFAULT_SCHEMA);
      await this.#reportFormerQueues(queues);
    } catch (error) {
      if (error instanceof SchemaVersionMismatchError) throw error;
      const { code } = error as { code?: string };
      if (
        error instanceof SchemaMigrationRequiredError ||
        [INVALID_SCHEMA_NAME, UNDEFINED_TABLE, INSUFFICIENT_PRIVILEGE].includes(code!)
      )
        throw new Error('PostgreSQL has no tables for the queues: run `npm run migrate`', { cause: error });
      this.outages.failed(error);
    }
  }

  async #reportFormerQueues(queues: readonly string[]): Promise<void> {
    const { rows } = await this.pool.query<{ queue: string }>(
      'select distinct queue from job where queue = any($1) order by queue',
      [queues],
    );
    const names = rows.map(({ queue }) => queue);
    if (names.length > 0)
      new Logger('Queues').warn(
        `PostgreSQL has jobs in queues without the identity of a deployment, which this release does not read: ${names.join(', ')}. ` +
          'Their events and jobs are sent again from the outboxes. When no host of the former release runs any more: ' +
          `delete from ${DEFAULT_SCHEMA}.job where queue not like '${FORMER_NAMESPACE}-%'`,
      );
  }

  async disconnect(): Promise<void> {
    await this.listenClient.close();
    await this.pool.end();
  }
}

/** BullMQ's statements name no schema. */
function withSearchPath(url: string): string {
  const result = new URL(url);
  const options = result.searchParams.get('options') ?? '';
  result.searchParams.set('options', `${options} -c search_path=${DEFAULT_SCHEMA}`.trim());
  return result.href;
}
