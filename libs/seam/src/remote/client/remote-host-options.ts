import type { Contract } from '../../contract/contract.js';

/** Contracts that another process answers, and where that process is. */
export interface RemoteHostOptions {
  readonly contracts: readonly Contract[];
  /**
   * Where the host's replicas listen, as `host:port`. Of a name every address that it resolves to is used, and it
   * is resolved again every few seconds.
   */
  readonly addresses: readonly string[];
  readonly tuning?: RemoteHostTuning;
}

/** How a caller treats a remote host; times in milliseconds. */
export interface RemoteHostTuning {
  /** Connections to each address, so that a large reply does not hold up small ones; 4 by default. */
  readonly connections?: number;
  /** Calls under way at once; 512 by default. */
  readonly concurrency?: number;
  /** Calls that wait for one of those; 512 by default. Above that they fail with `unavailable`. */
  readonly maxQueued?: number;
  /** For a connection to be established and both sides to know each other; 2,000 by default. */
  readonly connectTimeout?: number;
  /**
   * Between signs of life asked of a connection that owes a reply and is silent; after four in vain the address is
   * ejected. 500 by default.
   */
  readonly heartbeatInterval?: number;
  /** Connections lost in a row without any reply that eject an address; 5 by default. A refused connection ejects at once. */
  readonly failureThreshold?: number;
  /** Tries of one call, the first included; 4 by default. */
  readonly maxAttempts?: number;
  /** Upper bound of the random pause before the first repetition; it doubles from there. 20 by default. */
  readonly backoff?: number;
  /** Between resolutions of names; 5,000 by default. */
  readonly resolveInterval?: number;
  /** Bytes that a message may have, either way; 16 MiB by default. */
  readonly maxMessageBytes?: number;
}

export type RemoteHostSettings = Required<RemoteHostTuning>;

export function withDefaults(tuning: RemoteHostTuning = {}): RemoteHostSettings {
  return {
    connections: 4,
    concurrency: 512,
    maxQueued: 512,
    connectTimeout: 2000,
    heartbeatInterval: 500,
    failureThreshold: 5,
    maxAttempts: 4,
    backoff: 20,
    resolveInterval: 5000,
    maxMessageBytes: 16 * 1024 * 1024,
    ...tuning,
  };
}
