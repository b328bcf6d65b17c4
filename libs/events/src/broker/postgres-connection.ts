import { EventEmitter } from 'node:events';
import { assertSchemaCompatibility, PostgresConnection } from 'bullmq';
import type { Pool, PoolClient } from 'pg';

/**
 * The one connection of a process that listens for notifications. BullMQ opens one for each worker; a small server has too
 * few for that. Emits `lost` when the subscribers must issue their LISTEN again.
 */
export class ListenClient extends EventEmitter<{ lost: [] }> {
  #client?: Promise<PoolClient> | undefined;

  constructor(private readonly pool: Pool) {
    super();
    this.setMaxListeners(0);
  }

  get(): Promise<PoolClient> {
    const connecting = (this.#client ??= this.#connect());
    connecting.catch(() => {
      if (this.#client === connecting) this.#client = undefined;
    });
    return connecting;
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    client?.removeAllListeners('notification');
    client?.release(true);
  }

  async #connect(): Promise<PoolClient> {
    const client = await this.pool.connect();
    const connecting = this.#client;
    client.setMaxListeners(0);
    serialiseQueries(client);
    client.on('error', () => {
      if (this.#client !== connecting) return;
      this.#client = undefined;
      client.removeAllListeners('notification');
      client.release(true);
      this.emit('lost');
    });
    return client;
  }
}

/** Runs one statement at a time: all workers issue their LISTEN at the same moment. */
function serialiseQueries(client: PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
  let last: Promise<unknown> = Promise.resolve();
  const queued = (...args: unknown[]) => (last = last.catch(() => undefined).then(() => query(...args)));
  client.query = queued as unknown as typeof client.query;
}

/**
 * The connection of one queue or worker, on the process's pool. Unlike BullMQ's own, it checks the schema again when
 * PostgreSQL was unreachable the first time.
 */
export class SharedPostgresConnection extends PostgresConnection {
  #schemaCheck?: Promise<void> | undefined;
  #closed?: Promise<void>;
  readonly #onLost = () => void this.emit('listenerinvalidated');

  constructor(
    private readonly sharedPool: Pool,
    private readonly sharedListenClient: ListenClient,
  ) {
    super(sharedPool);
    sharedListenClient.on('lost', this.#onLost);
  }

  override waitUntilReady(): Promise<void> {
    const checking = (this.#schemaCheck ??= checkSchema(this.sharedPool, this.schema));
    checking.catch(() => {
      if (this.#schemaCheck === checking) this.#schemaCheck = undefined;
    });
    return checking;
  }

  override getListenClient(): ReturnType<PostgresConnection['getListenClient']> {
    return this.sharedListenClient.get();
  }

  override get hasListenClientKeepAlive(): boolean {
    return true;
  }

  override get isClosing(): Promise<void> | undefined {
    return this.#closed;
  }

  override close(): Promise<void> {
    this.sharedListenClient.off('lost', this.#onLost);
    this.#closed ??= Promise.resolve();
    return this.#closed;
  }
}

/** @throws SchemaMigrationRequiredError, SchemaVersionMismatchError */
export async function checkSchema(pool: Pool, schema: string): Promise<void> {
  const client = await pool.connect();
  try {
    await assertSchemaCompatibility(client, schema);
  } finally {
    client.release();
  }
}
