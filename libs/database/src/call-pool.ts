import { type CallContext, currentCall, SeamError } from '@tearline/seam';
import pg from 'pg';
import { cancelQuery } from './cancel-query.js';

type Callback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (destroy?: boolean) => void,
) => void;

const CANCEL_AGAIN_MS = 100;

/**
 * A pool whose connections work for calls: when nobody waits for a call any more, the query that runs for it is
 * cancelled on the server, and one that waits for a connection is not begun.
 */
export class CallPool extends pg.Pool {
  readonly #open = new Set<pg.PoolClient>();

  constructor(options?: pg.PoolConfig) {
    super(options);
    this.on('connect', (client) => {
      // A connection that breaks fails its query or leaves the pool; without a listener it would end the process, too.
      client.on('error', () => undefined);
      this.#open.add(client);
      client.once('end', () => this.#open.delete(client));
    });
  }

  /** Resolves when every connection is closed, so that the server may be stopped then without telling us. */
  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | void {
    if (!callback) return this.close();
    void this.close().finally(callback);
  }

  private async close(): Promise<void> {
    await super.end();
    await Promise.all([...this.#open].map((client) => new Promise((resolve) => client.once('end', resolve))));
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
    super.connect((error, client, release) => {
      if (error || !client) {
        callback(call ? new SeamError('unavailable', { cause: error }) : error, undefined, release);
      } else if (call?.cancelled) {
        release();
        callback(call.cancelled, undefined, () => undefined);
      } else {
        if (call) stopWith(call, client);
        callback(undefined, client, client.release.bind(client));
      }
    });
  }
}

function stopWith(call: CallContext, client: pg.PoolClient): void {
  let isCancelled = false;
  let again: NodeJS.Timeout | undefined;
  const forget = call.onCancel(() => {
    isCancelled = true;
    cancelQuery(client);
    // Between two queries, or before one has arrived, the server has nothing to cancel.
    again = setInterval(cancelQuery, CANCEL_AGAIN_MS, client);
  });
  const release = client.release.bind(client);
  // The server may get to the cancellation late: whoever had the connection next would suffer it.
  client.release = (destroy) => {
    forget();
    clearInterval(again);
    release(isCancelled || destroy);
  };
}
