import { callbackify } from 'node:util';
import { type CallContext, currentCall, SeamError } from '@tearline/seam';
import pg from 'pg';
import { QueryCanceller } from './query-canceller.js';
import { StatementTimeouts } from './statement-timeouts.js';
import { socketOf } from './replication/server-monitor.js';
import { noPrimaryError, PrimaryClient, type PrimaryRoute } from './replication/primary-client.js';

type Callback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (destroy?: boolean) => void,
) => void;

const CONNECT_TIMEOUT_MS = 5_000;

/** The pool's timeout also limits how long a request waits for a connection that others use. */
const connectTimeoutOf = ({ connectionTimeoutMillis = 0 }: pg.ClientConfig) =>
  Math.min(connectionTimeoutMillis || CONNECT_TIMEOUT_MS, CONNECT_TIMEOUT_MS);

/**
 * A pool that follows the cancellation of calls: a running query of a cancelled call is cancelled on the server, and a
 * request that waits for a connection is rejected.
 */
export class CancellablePool extends pg.Pool {
  /** Includes connections that are being opened. */
  readonly #clients = new Set<pg.Client>();
  readonly #openClients = new Set<pg.PoolClient>();
  readonly #canceller = new QueryCanceller();
  readonly #timeouts: StatementTimeouts;
  #isReadOnly = false;

  /** @param route locates the primary, for a pool of connections to it; by default the URL in `options` */
  constructor(
    options?: pg.PoolConfig,
    private readonly route?: PrimaryRoute,
  ) {
    super(options);
    this.#timeouts = new StatementTimeouts(Number(options?.statement_timeout) || 0);
    this.#installClientClass(route);
    this.on('connect', (client) => {
      // A broken connection fails its query or leaves the pool. Without a listener the process would exit, too.
      client.on('error', () => undefined);
      this.#openClients.add(client);
      client.once('end', () => this.#openClients.delete(client));
    });
  }

  /** Resolves when every connection is closed, so that the server can be stopped without errors here. */
  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | void {
    if (!callback) return this.close();
    void this.close().finally(callback);
  }

  /**
   * Destroys every connection and rejects pending queries, because the server no longer answers.
   * @param address limits this to connections to one server
   */
  destroyConnections(address?: string): void {
    for (const client of this.#clients)
      if (address === undefined || (client as PrimaryClient).address === address) socketOf(client).destroy();
  }

  /** Runs `start`, which takes a connection that only reads, so that its position is not queried. */
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
      } else if (client instanceof PrimaryClient && this.#isStale(client)) {
        // Others wait until it has ended, and a server that hangs would not end it.
        socketOf(client).destroy();
        release(true);
        this.checkOut(callback);
      } else {
        if (client instanceof PrimaryClient) client.writingCall = mayWrite ? call : undefined;
        if (call) this.#cancelQueriesWith(call, client);
        this.#timeouts.adapt(client, call, () => callback(undefined, client, client.release.bind(client)));
      }
    });
  }

  /** Returns whether the data has moved to another server since the connection was opened. */
  #isStale({ url }: PrimaryClient): boolean {
    const present = this.route!.url();
    return present !== undefined && present !== url;
  }

  #installClientClass(route: PrimaryRoute | undefined): void {
    const make = (config: pg.ClientConfig) => {
      const options = { ...config, connectionTimeoutMillis: connectTimeoutOf(config) };
      const client = route ? new PrimaryClient(options, route) : new pg.Client(options);
      this.#clients.add(client);
      client.once('end', () => this.#clients.delete(client));
      return client;
    };
    // pg's pool has no other option for the class of its connections; it calls this with `new`.
    Object.assign(this, {
      Client: function Client(config: pg.ClientConfig) {
        return make(config);
      },
    });
    if (!route) return;
    this.on('release', (_error, client) => {
      if (client instanceof PrimaryClient) client.endSuccessor();
    });
    Object.assign(this.options, { verify: callbackify((client: PrimaryClient) => client.verify()) });
  }

  #cancelQueriesWith(call: CallContext, client: pg.PoolClient): void {
    let stopCancelling: (() => void) | undefined;
    const unsubscribe = call.onCancel(() => (stopCancelling = this.#canceller.start(client)));
    const release = client.release.bind(client);
    // The server may process the cancellation late, and cancel a query of the connection's next user.
    client.release = (destroy) => {
      unsubscribe();
      stopCancelling?.();
      release(stopCancelling !== undefined || destroy);
    };
  }
}
