import {
  type ConnectionOptions,
  DEFAULT_SCHEMA,
  PostgresQueueBackend,
  SchemaMigrationRequiredError,
  SchemaVersionMismatchError,
} from 'bullmq';
import pg from 'pg';
import type { OutageLog } from './outage-log.js';
import { checkSchema, ListenClient, SharedPostgresConnection } from './postgres-connection.js';
import { pauseOnError, type Transport } from './transport.js';

/** Connections of a process to the PostgreSQL that holds the queues: one listens, the others run short statements. */
export const MAX_BROKER_CONNECTIONS = 5;

const INVALID_SCHEMA_NAME = '3F000';
const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';

/** One pool for all queues and workers of the process. */
export class PostgresTransport implements Transport {
  readonly pool: pg.Pool;
  readonly listenClient: ListenClient;

  constructor(
    databaseUrl: string,
    private readonly outages: OutageLog,
  ) {
    this.pool = new pg.Pool({
      connectionString: databaseUrl,
      application_name: 'tearline queues',
      // BullMQ's statements name no schema.
      options: `-c search_path=${DEFAULT_SCHEMA}`,
      max: MAX_BROKER_CONNECTIONS,
      connectionTimeoutMillis: 2_000,
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

  async check(): Promise<void> {
    try {
      await checkSchema(this.pool, DEFAULT_SCHEMA);
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

  async disconnect(): Promise<void> {
    await this.listenClient.close();
    await this.pool.end();
  }
}
