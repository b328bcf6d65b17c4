/** Why a call did not get its reply from an address, whatever the method would have said. */
export class TransportError extends Error {
  constructor(
    message: string,
    /** Whether the callee may have begun; when not, any call may go elsewhere. */
    readonly mayHaveBegun: boolean,
  ) {
    super(message);
  }
}
