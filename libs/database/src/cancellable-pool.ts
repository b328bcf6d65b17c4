import { callbackify } from 'node:util';
import { type CallContext, currentCall, SeamError } from '@tearline/seam';
import pg from 'pg';
import { cancelQuery } from './cancel-query.js';
import { socketOf } from './replication/server-monitor.js';
import { noPrimaryError, PrimaryClient, type PrimaryRoute } from './replication/primary-client.js';

type Callback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (destroy?: boolean) => void,
) => void;

const CANCEL_RETRY_INTERVAL_MS = 100;

/**
 * A pool whose connections work for calls: when nobody waits for a call any more, the query that runs for it is
 * cancelled on the server, and one that waits for a connection is not begun.
 */
export class CancellablePool extends pg.Pool {
  /** Those that are being made as well. */
  readonly #clients = new Set<pg.Client>();
  readonly #openClients = new Set<pg.PoolClient>();
  #isReadOnly = false;

  /** @param route where the primary is, for a pool of connections to it; without one the URL says */
  constructor(
    options?: pg.PoolConfig,
    private readonly route?: PrimaryRoute,
  ) {
    super(options);
    this.#installClientClass(route);
    this.on('connect', (client) => {
      // A connection that breaks fails its query or leaves the pool; without a listener it would end the process, too.
      client.on('error', () => undefined);
      this.#openClients.add(client);
      client.once('end', () => this.#openClients.delete(client));
    });
  }

  /** Resolves when every connection is closed, so that the server may be stopped then without telling us. */
  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | void {
    if (!callback) return this.close();
    void this.close().finally(callback);
  }

  /**
   * Breaks every connection, and with it what waits for an answer: the server gives none any more.
   * @param address of the server, where there may be connections to others as well
   */
  destroyConnections(address?: string): void {
    for (const client of this.#clients)
      if (address === undefined || (client as PrimaryClient).address === address) socketOf(client).destroy();
  }

  /** Lets `start` take a connection of the primary that only reads, so that nobody asks how far it has written. */
  forReadOnly<T>(start: () => T): T {
    this.#isReadOnly = true;
    try {
      return start();
    } finally {
      this.#isReadOnly = false;
    }
  }

  private async close(): Promise<void> {
    await super.end();
    await Promise.all(
      [...this.#openClients].map((client) => new Promise((resolve) => client.once('end', resolve))),
    );
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.PoolClient> | void {
    if (callback) return this.checkOut(callback);
    return new Promise((resolve, reject) => {
      this.checkOut((error, client) => (error ? reject(error) : resolve(client!)));
    });
  }

  private checkOut(callback: Callback): void {
    const call = currentCall();
    if (call?.cancelled) return callback(call.cancelled, undefined, () => undefined);
    if (this.route && this.route.url() === undefined)
      return callback(noPrimaryError(), undefined, () => undefined);
    if (call) this.route?.recordRead(call);
    const mayWrite = !this.#isReadOnly;
    super.connect((error, client, release) => {
      if (error || !client) {
        callback(call ? new SeamError('unavailable', { cause: error }) : error, undefined, release);
      } else if (call?.cancelled) {
        release();
        callback(call.cancelled, undefined, () => undefined);
      } else {
        if (client instanceof PrimaryClient) client.writingCall = mayWrite ? call : undefined;
        if (call) cancelQueriesWith(call, client);
        callback(undefined, client, client.release.bind(client));
      }
    });
  }

  #installClientClass(route: PrimaryRoute | undefined): void {
    const make = (config: pg.ClientConfig) => {
      const client = route ? new PrimaryClient(config, route) : new pg.Client(config);
      this.#clients.add(client);
      client.once('end', () => this.#clients.delete(client));
      return client;
    };
    // pg's pool takes no other way to say of which class its connections are; it calls this with `new`.
    Object.assign(this, {
      Client: function Client(config: pg.ClientConfig) {
        return make(config);
      },
    });
    if (!route) return;
    Object.assign(this.options, { verify: callbackify((client: PrimaryClient) => client.verify()) });
  }
}

function cancelQueriesWith(call: CallContext, client: pg.PoolClient): void {
  let isCancelled = false;
  let again: NodeJS.Timeout | undefined;
  const forget = call.onCancel(() => {
    isCancelled = true;
    cancelQuery(client);
    // Between two queries, or before one has arrived, the server has nothing to cancel.
    again = setInterval(cancelQuery, CANCEL_RETRY_INTERVAL_MS, client);
  });
  const release = client.release.bind(client);
  // The server may get to the cancellation late: whoever had the connection next would suffer it.
  client.release = (destroy) => {
    forget();
    clearInterval(again);
    release(isCancelled || destroy);
  };
}
