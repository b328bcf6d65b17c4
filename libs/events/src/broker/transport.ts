import type { BackendFactory, ConnectionOptions } from 'bullmq';

/** What the keys of all queues in Redis begin with. */
export const PREFIX = 'tearline';

/** What queues and workers stand on: connections of this process, and how BullMQ is to use them. */
export interface Transport {
  readonly isRedis: boolean;
  readonly backendFactory: BackendFactory;
  /** BullMQ asks for one; the factory above uses its own. */
  readonly connection: ConnectionOptions;
  /** @throws Error in one line, when queues must not be there at all; that nobody answers is no reason */
  check(): Promise<void>;
  /** Lets go of all connections at once, whatever is under way on them. */
  disconnect(): Promise<void>;
}
