import { setTimeout as sleep } from 'node:timers/promises';
import { runOutsideCall, Semaphore } from '@tearline/seam';
import type pg from 'pg';
import { cancelQuery } from './cancel-query.js';

const RETRY_INTERVAL_MS = 100;

/** Cancels queries of a pool, over one additional connection at a time. */
export class QueryCanceller {
  readonly #permits = new Semaphore(1, Infinity);

  /**
   * Cancels the queries of a connection repeatedly, because the server ignores a cancellation between two queries, or
   * before a query arrives.
   * @returns a function that ends this
   */
  start(client: pg.ClientBase): () => void {
    const stopping = new AbortController();
    const cancel = async () => {
      if (!stopping.signal.aborted) await cancelQuery(client);
    };
    const repeat = async () => {
      while (!stopping.signal.aborted) {
        await this.#permits.run(cancel);
        await sleep(RETRY_INTERVAL_MS);
      }
    };
    // A permit acquired in the cancelled call would be refused.
    void runOutsideCall(repeat);
    return () => stopping.abort();
  }
}
