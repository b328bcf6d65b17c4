import { isSeamError } from '@tearline/seam';

/** PostgreSQL: connections, resources, shutdown, system, cancellation, timeouts, serialisation, deadlocks, locks. */
const SQLSTATES = /^(08...|53...|57P..|58...|57014|25P0[34]|40001|40P01|55P03)$/;
const SOCKET_CODES =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
/** Errors of pg and ioredis that have no code. */
const MESSAGES =
  /^(Connection (terminated|is closed)|Client has encountered a connection error|timeout exceeded when|Query read timeout|Command timed out|Stream isn't writeable)/;
const SEAM_CODES: ReadonlySet<string> = new Set(['unavailable', 'deadline-exceeded', 'cancelled']);

/**
 * After this many attempts in a row that ended their process, the event or job is a dead letter. The first may be the fault of
 * another one, the further ones run without other suspects.
 */
export const MAX_CRASHES = 3;

/** An unknown event waits for the release that knows it; a deployment takes less than that. */
const MAX_DEPLOYMENT_MS = 60 * 60_000;

/** Whether a failure counts as an attempt (`failed`), does not (`transient`), or makes the event a dead letter at once (`fatal`). */
export type FailureKind = 'transient' | 'failed' | 'fatal';

/** The handler has ended its process each time. */
export class CrashError extends Error {
  override readonly name = 'CrashError';

  constructor(crashes: number) {
    super(`the process ended during ${crashes} attempts in a row`);
  }
}

/** An event, or a version of one, that only a newer release of this module knows. */
export class UnknownEventError extends Error {
  override readonly name = 'UnknownEventError';
}

/** @param receivedAt when this module received the event */
export function failureKind(error: unknown, receivedAt: Date): FailureKind {
  if (error instanceof CrashError) return 'fatal';
  if (error instanceof UnknownEventError)
    return Date.now() - receivedAt.getTime() > MAX_DEPLOYMENT_MS ? 'fatal' : 'transient';
  return isTransient(error) ? 'transient' : 'failed';
}

/** Returns whether an error comes from the infrastructure (a broken connection, an unreachable module), not from the handler. */
export function isTransient(error: unknown): boolean {
  if (isSeamError(error)) return error.retryable || SEAM_CODES.has(error.code);
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && (SQLSTATES.test(code) || SOCKET_CODES.test(code))) return true;
  return MESSAGES.test(error.message) || (cause !== undefined && cause !== error && isTransient(cause));
}

/** Rethrows an error that is not an outage; the relay and the broker log outages. */
export function ignoreTransient(error: unknown): void {
  if (!isTransient(error)) throw error;
}

/** Returns the stack or message of an error, as dead letters store it. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // PostgreSQL's text type does not accept NUL.
  return text.replaceAll('\0', '').slice(0, 4_000);
}
