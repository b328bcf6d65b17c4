import type { CallContext } from './call-context.js';
import type { PositionsByModule } from './consistency.js';

/** The port through which a host remembers, from one request to the next, the positions of its callers' writes. */
export interface SessionStore {
  /** Returns the positions in a client's token; undefined when its signature is not ours. */
  readToken(token: string): PositionsByModule | undefined;
  /**
   * Saves the positions that a call has written to, before the call is answered. Does not reject.
   * @returns a token with the same positions, for a client without a principal to send with its next request
   */
  save(call: CallContext): Promise<string>;
  /**
   * Adds the saved positions of a call's principal to its {@link CallContext.consistency}.
   * @returns false when saved positions may be missing, so that the principal may have written anything
   */
  load(call: CallContext): Promise<boolean>;
}
