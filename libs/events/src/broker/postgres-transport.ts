import {
  type ConnectionOptions,
  DEFAULT_SCHEMA,
  PostgresQueueBackend,
  SchemaMigrationRequiredError,
  SchemaVersionMismatchError,
  assertSchemaCompatibility,
} from 'bullmq';
import pg from 'pg';
import { MAX_BROKER_CONNECTIONS } from './broker-connections.js';
import { ListenClient } from './listen-client.js';
import type { Outages } from './outages.js';
import { patient } from './patience.js';
import { SharedPostgresConnection } from './postgres-connection.js';
import type { Transport } from './transport.js';

const RETRY_PAUSE_MS = 1_000;
const MISSING_SCHEMA = '3F000';
const MISSING_TABLE = '42P01';
const FORBIDDEN = '42501';

/** One small pool for all queues and workers of the process. */
export class PostgresTransport implements Transport {
  readonly isRedis = false;
  readonly pool: pg.Pool;
  readonly listening: ListenClient;

  constructor(
    databaseUrl: string,
    private readonly outages: Outages,
  ) {
    this.pool = new pg.Pool({
      connectionString: databaseUrl,
      application_name: 'tearline queues',
      // BullMQ names no schema in its statements.
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
      if (!error) outages.works();
    });
    this.listening = new ListenClient(this.pool);
  }

  get connection(): ConnectionOptions {
    return this.pool;
  }

  readonly backendFactory: Transport['backendFactory'] = (name, opts) =>
    patient(
      new PostgresQueueBackend(
        new SharedPostgresConnection(this.pool, this.listening),
        name,
        opts as unknown as ConstructorParameters<typeof PostgresQueueBackend>[2],
      ),
      RETRY_PAUSE_MS,
    );

  async check(): Promise<void> {
    try {
      const client = await this.pool.connect();
      try {
        await assertSchemaCompatibility(client, DEFAULT_SCHEMA);
      } finally {
        client.release();
      }
    } catch (error) {
      if (error instanceof SchemaVersionMismatchError) throw error;
      const { code } = error as { code?: string };
      if (
        error instanceof SchemaMigrationRequiredError ||
        [MISSING_SCHEMA, MISSING_TABLE, FORBIDDEN].includes(code!)
      )
        throw new Error('the queues have no tables in PostgreSQL yet: run `npm run migrate`', {
          cause: error,
        });
      this.outages.failed(error);
    }
  }

  async disconnect(): Promise<void> {
    await this.listening.close();
    await this.pool.end();
  }
}
