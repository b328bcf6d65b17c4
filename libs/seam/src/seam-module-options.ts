import type { AnswerCache } from './answers/answer-cache.js';
import type { Carrier } from './call/carriers.js';
import type { ConsistencyLevel } from './call/consistency.js';
import type { IdempotencyStore } from './call/idempotency-store.js';
import type { Tracer } from './call/span.js';
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
  /** Takes reports of calls, errors and connections; errors of which it takes none go to Nest's Logger. */
  observer?: Partial<SeamObserver>;
  /** Honours the idempotency keys of commands that this process answers. */
  idempotency?: IdempotencyStore;
  /**
   * Keeps the answers of other processes to queries that declare `keep`; by default a {@link MemoryAnswerCache} of this
   * process. `false` keeps nothing.
   */
  answers?: AnswerCache | false;
  /** The consistency of calls that choose none; `session` by default. `strong` ones get no fallback. */
  consistency?: ConsistencyLevel;
  /** Take the context of other libraries along with remote calls. */
  carriers?: readonly Carrier[];
  /** Records calls as spans of traces. */
  tracer?: Tracer;
}

/** Options with what `seamModules()` knows beside them. */
export interface ComposedOptions extends SeamModuleOptions {
  /** Says how to place a contract that has no place. */
  explain?(contract: Contract): string;
}
