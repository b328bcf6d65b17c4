import { setTimeout as delay } from 'node:timers/promises';
import type { BackendFactory, ConnectionOptions, IQueueBackend } from 'bullmq';

/** The namespace of releases without an identity of the deployment. */
export const FORMER_NAMESPACE = 'tearline';

const RETRY_INTERVAL_MS = 1_000;

/** The connections of a process to the server that holds the queues, and BullMQ's backend on them. */
export interface Transport {
  readonly backendFactory: BackendFactory;
  /** Required by BullMQ's types; unused with the factory above. */
  readonly connection: ConnectionOptions;
  /** Prefix of a queue's keys in Redis. */
  readonly prefix: string;
  /** Returns the name that the server knows a queue by. */
  qualify(queue: string): string;
  /**
   * @param queues the queues of the application
   * @throws Error of one line when this server must not hold queues; an unreachable server is no error
   */
  check(queues: readonly string[]): Promise<void>;
  /** Closes all connections at once, without waiting for commands. */
  disconnect(): Promise<void>;
}

/**
 * Makes a backend wait before it reports that it could not fetch work. BullMQ's worker fetches again at once, unless the
 * connection was refused; on a connection that fails at once that loop blocks the event loop.
 */
export function pauseOnError<B extends IQueueBackend>(backend: B): B {
  const moveToActive = backend.moveToActive.bind(backend);
  backend.moveToActive = async (...args) => {
    try {
      return await moveToActive(...args);
    } catch (error) {
      await delay(RETRY_INTERVAL_MS, undefined, { ref: false });
      throw error;
    }
  };
  return backend;
}
