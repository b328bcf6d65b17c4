import { HttpException } from '@nestjs/common';
import { isSeamError, SeamError } from '../../call/errors.js';
import { type CallError, outcomeOf } from '../../contract/error-codec.js';
import type { RemoteCall } from './remote-call.js';

/** Why a call did not get its reply from an address, whatever the method would have said. */
export class TransportError extends Error {
  constructor(
    message: string,
    /** Whether the callee may have begun; when not, any call may go elsewhere. */
    readonly mayHaveStarted: boolean,
    /** Whether the endpoint is down; false when only a connection was lost. */
    readonly isEndpointDown = true,
  ) {
    super(message);
  }
}

/** Whether the callee surely has not begun. */
export function hasNotStarted(error: unknown): boolean {
  return error instanceof TransportError && !error.mayHaveStarted;
}

/**
 * Whether another try makes sense: always when the callee has not begun, else only when a repetition has no
 * further effect. `unavailable` from the callee itself is not repeated here, since it was where it arose; repeating
 * it at every step of a chain would multiply the load on what is down.
 */
export function shouldRetry(call: RemoteCall, error: unknown, honoursKeys: boolean): boolean {
  // This address has another version of the contract; its neighbour may have ours.
  if (hasNotStarted(error) || isForeignVersion(error)) return true;
  const { method } = call.remote;
  const isRepeatable = method.kind === 'query' || (call.idempotencyKey !== undefined && honoursKeys);
  if (!isRepeatable) return false;
  return (
    error instanceof TransportError ||
    (isSeamError(error) && error.retryable && method.errors.includes(error.code))
  );
}

/** Returns the error for the caller. An error that its contract does not declare is `internal`, with its cause in the log. */
export function toCallError(call: RemoteCall, error: unknown): CallError {
  const { method, path } = call.remote;
  if (call.remote.errors.declares(error)) return error;
  if (error instanceof TransportError) {
    // A command that may have taken effect must not look like one that may simply be repeated.
    const retryable = method.kind === 'query' || !error.mayHaveStarted;
    return new SeamError('unavailable', { message: `${path}: ${error.message}`, retryable, cause: error });
  }
  const cause =
    error instanceof HttpException
      ? new Error(`${path} ended with '${outcomeOf(error)}', which is not declared`)
      : error;
  return call.remote.toDeclaredError(cause, call.context);
}

function isForeignVersion(error: unknown): boolean {
  return isSeamError(error, 'incompatible') && error.retryable;
}
