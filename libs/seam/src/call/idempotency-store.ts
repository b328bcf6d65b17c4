/** A command that arrived with an idempotency key. */
export interface KeyedCommand {
  /** Name of the contract, and so of the module whose data the command changes. */
  readonly contract: string;
  readonly method: string;
  /** Unique for the command, within a repetition of the whole request the same again. */
  readonly key: string;
  /** SHA-256 of the input's wire form, base64url: the same key with another input is a mistake of the caller. */
  readonly requestHash: string;
}

/**
 * The port through which the callee honours idempotency keys.
 * A durable store writes key and reply as a row of the module's own schema, in the transaction of the effect, so
 * that any replica answers the repetition from it.
 */
export interface IdempotencyStore {
  /**
   * Runs a command, or answers from the reply of an earlier run of the same key.
   *
   * Implementations open the transaction that `run` works in, call `run`, and keep its reply in the same
   * transaction. When `run` rejects, nothing is kept and the error is passed on. Of two concurrent runs with one
   * key, one waits for the other.
   * @param run does the work; resolves with the reply as JSON text
   * @returns the reply of this run or of the earlier one
   * @throws SeamError `invalid-input` when the key was used for another request
   */
  runOnce(command: KeyedCommand, run: () => Promise<string>): Promise<string>;
}
