import { isSeamError } from '@tearline/seam';

/** PostgreSQL: connections, resources, shutdown, cancellation, serialisation, deadlocks, locks. */
const SQLSTATES = /^(08...|53...|57P..|57014|40001|40P01|55P03)$/;
const SOCKET_CODES =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
/** Errors of pg and ioredis that have no code. */
const MESSAGES =
  /^(Connection (terminated|is closed)|Client has encountered a connection error|timeout exceeded when|Query read timeout|Command timed out|Stream isn't writeable)/;
const SEAM_CODES: ReadonlySet<string> = new Set(['unavailable', 'deadline-exceeded', 'cancelled']);

/** Returns whether an error comes from the infrastructure (a broken connection, an unreachable module), not from the handler. */
export function isTransient(error: unknown): boolean {
  if (isSeamError(error)) return error.retryable || SEAM_CODES.has(error.code);
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && (SQLSTATES.test(code) || SOCKET_CODES.test(code))) return true;
  return MESSAGES.test(error.message) || (cause !== undefined && cause !== error && isTransient(cause));
}

/** Returns the stack or message of an error, as dead letters store it. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // PostgreSQL's text type does not accept NUL.
  return text.replaceAll('\0', '').slice(0, 4_000);
}
