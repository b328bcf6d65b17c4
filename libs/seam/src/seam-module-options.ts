import type { IdempotencyStore } from './call/idempotency-store.js';
import type { Contract } from './contract/contract.js';
import type { RemoteHostOptions } from './remote/client/remote-host-options.js';
import type { Credential } from './remote/credential.js';
import type { SeamObserver } from './seam-observer.js';

/** How one process places its contracts. */
export interface SeamModuleOptions {
  /** Contracts that a provider in this process answers. */
  local: readonly Contract[];
  /** Other hosts, and the contracts that each of them answers. */
  remote?: readonly RemoteHostOptions[];
  /** What this process shows to other hosts; needed as soon as there is one. */
  credential?: Credential;
  /** Sends local calls through the codec and throws at what a wire would change; for tests and development. */
  checked?: boolean;
  /** Milliseconds for a call without a deadline of its own; 10,000 by default. */
  defaultTimeout?: number;
  observer?: SeamObserver;
  /** Honours the idempotency keys of commands that this process answers. */
  idempotency?: IdempotencyStore;
}
