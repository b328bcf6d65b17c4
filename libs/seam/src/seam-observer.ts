import type { CallContext } from './call-context.js';

/** Where the callee runs. */
export type Placement = 'local' | 'remote';

/** Counts one ended call. `outcome` is `ok` or the error's code. */
export type RecordCall = (outcome: string, milliseconds: number) => void;

/**
 * The port through which the seam tells what happens on it; metrics and logs fill it.
 * Both functions are on the path of every call, so they must not throw and should be quick.
 */
export interface SeamObserver {
  /** Asked once for each method when it is bound; the returned function is called at the end of each call. */
  method(contract: string, method: string, placement: Placement): RecordCall;
  /** An error that the contract does not declare, which the caller sees as `internal`. */
  unexpected(contract: string, method: string, error: unknown, context: CallContext): void;
}

/** Sees nothing. */
export const SILENT_OBSERVER: SeamObserver = { method: () => () => undefined, unexpected: () => undefined };
