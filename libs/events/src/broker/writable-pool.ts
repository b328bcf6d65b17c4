import { callbackify } from 'node:util';
import pg from 'pg';

type Connected = (error: Error | undefined) => void;

/**
 * Creates a pool of connections to the server, among several, that takes writes: when a connection cannot be opened, or
 * leads to a replica, the next one goes to the next server.
 * @param urls one for each server that may be the primary
 */
export function writablePool(urls: readonly string[], options: pg.PoolConfig): pg.Pool {
  let current = 0;
  const leave = (index: number) => {
    // Of several connections that fail at once, one moves on.
    if (index === current) current = (index + 1) % urls.length;
  };

  class ServerClient extends pg.Client {
    readonly index = current;

    constructor(config?: pg.ClientConfig) {
      super({ ...config, connectionString: urls[current]! });
      // A broken connection fails its query or leaves the pool. The pool listens for errors of idle ones only.
      this.on('error', () => undefined);
      const connect = super.connect.bind(this) as unknown as (connected: Connected) => void;
      // pg's pool uses the form with a callback.
      this.connect = ((connected: Connected) =>
        connect((error) => {
          if (error) leave(this.index);
          connected(error);
        })) as unknown as pg.Client['connect'];
    }

    async verify(): Promise<void> {
      const { rows } = await this.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
      if (!rows[0]!.standby) return;
      leave(this.index);
      throw new Error(`${this.host}:${this.port} is a replica`);
    }
  }

  const verify = callbackify((client: pg.PoolClient) => (client as unknown as ServerClient).verify());
  const all = { ...options, Client: ServerClient, ...(urls.length > 1 && { verify }) };
  return new pg.Pool(all);
}
