import type { CallContext } from './call-context.js';
import type { Positions } from './consistency.js';

/** The port through which a host remembers, from one request to the next, how far its callers' own writes are. */
export interface SessionStore {
  /** What a token says that a client has brought; undefined when it is none of ours. */
  read(token: string): Positions | undefined;
  /**
   * Remembers what a call has written, before it is answered. Does not fail, and does not take long.
   * @returns a token for a client that nobody knows by name, to be brought along with its next request
   */
  keep(call: CallContext): Promise<string>;
  /**
   * Tells a call what is remembered of its principal.
   * @returns whether that is everything; if not, anything may have been written
   */
  recall(call: CallContext): Promise<boolean>;
}
