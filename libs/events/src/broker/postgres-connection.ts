import { assertSchemaCompatibility, PostgresConnection } from 'bullmq';
import type { Pool } from 'pg';
import type { ListenClient } from './listen-client.js';

type ListeningTo = Awaited<ReturnType<PostgresConnection['getListenClient']>>;

/**
 * One queue's or worker's share of the process's connections. BullMQ's own remembers for ever that PostgreSQL was
 * away when it was first asked.
 */
export class SharedPostgresConnection extends PostgresConnection {
  #compatible?: Promise<void> | undefined;
  #closed?: Promise<void>;
  readonly #lost = () => void this.emit('listenerinvalidated');

  constructor(
    private readonly sharedPool: Pool,
    private readonly listening: ListenClient,
  ) {
    super(sharedPool);
    listening.on('lost', this.#lost);
  }

  override waitUntilReady(): Promise<void> {
    const checking = (this.#compatible ??= this.checkSchema());
    checking.catch(() => {
      if (this.#compatible === checking) this.#compatible = undefined;
    });
    return checking;
  }

  override getListenClient(): Promise<ListeningTo> {
    return this.listening.get();
  }

  override get hasListenClientKeepAlive(): boolean {
    return true;
  }

  override get isClosing(): Promise<void> | undefined {
    return this.#closed;
  }

  override close(): Promise<void> {
    this.listening.off('lost', this.#lost);
    this.#closed ??= Promise.resolve();
    return this.#closed;
  }

  private async checkSchema(): Promise<void> {
    const client = await this.sharedPool.connect();
    try {
      await assertSchemaCompatibility(client, this.schema);
    } finally {
      client.release();
    }
  }
}
