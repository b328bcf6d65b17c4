import type { CallContext } from './call/call-context.js';

/** Where the callee of a call runs; `server` is the callee's own view of a call from another process. */
export type Placement = 'local' | 'remote' | 'server';

/** Counts one ended call. `outcome` is `ok` or the error's code. */
export type RecordCall = (outcome: string, milliseconds: number) => void;

/**
 * Where the answer to a query of another process came from: `cached` by this process, `asked` of the owner, or, while the owner is
 * unreachable, `stale`, from an answer that is kept for too long, or `fallback`, from the contract.
 */
export type AnswerSource = 'cached' | 'asked' | 'stale' | 'fallback';

/**
 * The port through which the seam reports calls, errors and connections; metrics and logs implement it, or a part of it. Nest's
 * Logger gets the errors, ejections and refusals that an application takes no report of.
 * Its functions are on the path of calls, so they must not throw and should be quick.
 */
export interface SeamObserver {
  /** Asked once for each method when it is bound; the returned function is called at the end of each call. */
  callRecorder(contract: string, method: string, placement: Placement): RecordCall;
  /** An error that the contract does not declare, which the caller sees as `internal`. */
  unexpectedError(contract: string, method: string, error: unknown, context: CallContext): void;
  /** A query of another process was answered that declares `keep` or `fallback`. */
  answered?(contract: string, method: string, source: AnswerSource): void;
  /** A remote call is tried once more, for the reason given. */
  retried?(contract: string, method: string, reason: string): void;
  /** An address gets no more calls until a probe succeeds. */
  ejected?(address: string, reason: string): void;
  /** An address that had been ejected gets calls again. */
  restored?(address: string): void;
  /** An address, ejected or not, is no longer one of its host's. */
  removed?(address: string): void;
  /** A method of this caller's contract does not fit the callee's at an address. */
  incompatible?(address: string, message: string): void;
  /** A connection to this process's server was refused: no credential, a wrong credential, a malformed frame. */
  connectionRejected?(peer: string, reason: string): void;
}
