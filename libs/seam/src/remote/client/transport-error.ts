/** Why a call did not get its reply from an address, whatever the method would have said. */
export class TransportError extends Error {
  constructor(
    message: string,
    /** Whether the callee may have begun; when not, any call may go elsewhere. */
    readonly mayHaveStarted: boolean,
    /** Whether nobody is there to be asked again; not so when a connection was merely lost. */
    readonly isFatal = true,
  ) {
    super(message);
  }
}
