import { EventEmitter } from 'node:events';
import type { Pool, PoolClient } from 'pg';

/**
 * The one connection of a process on which PostgreSQL tells of new work; one for each worker, as BullMQ has it, would
 * be most of the connections that a small server has. Emits `lost` when what it listened to has to be asked for anew.
 */
export class ListenClient extends EventEmitter<{ lost: [] }> {
  #client?: Promise<PoolClient> | undefined;

  constructor(private readonly pool: Pool) {
    super();
    this.setMaxListeners(0);
  }

  get(): Promise<PoolClient> {
    const connecting = (this.#client ??= this.connect());
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

  private async connect(): Promise<PoolClient> {
    const client = await this.pool.connect();
    const connecting = this.#client;
    client.setMaxListeners(0);
    inTurns(client);
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

/** A client runs one statement at a time, and all workers begin to listen at the same moment. */
function inTurns(client: PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
  let last: Promise<unknown> = Promise.resolve();
  const queued = (...args: unknown[]) => (last = last.catch(() => undefined).then(() => query(...args)));
  client.query = queued as unknown as typeof client.query;
}
