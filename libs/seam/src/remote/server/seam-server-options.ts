import type { Credential } from '../credential.js';

/** How a process offers its contracts to others. */
export interface SeamServerOptions {
  /** TCP port; 0 for any free one. */
  port: number;
  /** Address to listen on; `127.0.0.1` by default. */
  host?: string;
  credential: Credential;
  /** Bytes that a message may have, either way; 16 MiB by default. */
  maxMessageBytes?: number;
  /** Calls that run at once; 256 by default. */
  concurrency?: number;
  /** Calls that wait for one of those; 1,024 by default. Above that they are refused as `unavailable`. */
  maxQueued?: number;
  /** Milliseconds for a new connection to show its credential; 5,000 by default. */
  handshakeTimeout?: number;
  /** Connections that have not shown a credential; 256 by default. Above that the oldest is closed. */
  maxPendingHandshakes?: number;
  /** Milliseconds that a message may take to arrive from its first byte to its last; 30,000 by default. */
  messageTimeout?: number;
  /** Milliseconds that a drain may take at most; 10,000 by default. */
  drainTimeout?: number;
}

export type ServerSettings = Required<SeamServerOptions>;

export function withDefaults(options: SeamServerOptions): ServerSettings {
  return {
    host: '127.0.0.1',
    maxMessageBytes: 16 * 1024 * 1024,
    concurrency: 256,
    maxQueued: 1024,
    handshakeTimeout: 5000,
    maxPendingHandshakes: 256,
    messageTimeout: 30_000,
    drainTimeout: 10_000,
    ...options,
  };
}
