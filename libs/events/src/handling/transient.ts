import { isSeamError } from '@tearline/seam';

/** PostgreSQL: connections, resources, shutdown, cancellation, serialisation, deadlocks, locks. */
const SQLSTATE = /^(08...|53...|57P..|57014|40001|40P01|55P03)$/;
const SYSTEM =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
/** What pg and ioredis say without a code. */
const MESSAGE =
  /^(Connection (terminated|is closed)|Client has encountered a connection error|timeout exceeded when|Query read timeout|Command timed out|Stream isn't writeable)/;
const SEAM: ReadonlySet<string> = new Set(['unavailable', 'deadline-exceeded', 'cancelled']);

/** Whether an error tells of the surroundings, not of the work: a connection that broke, a module that is away. */
export function isTransient(error: unknown): boolean {
  if (isSeamError(error)) return error.retryable || SEAM.has(error.code);
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && (SQLSTATE.test(code) || SYSTEM.test(code))) return true;
  return MESSAGE.test(error.message) || (cause !== undefined && cause !== error && isTransient(cause));
}

/** An error as a dead letter keeps it: its message, and where it came from. */
export function described(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // NUL is the one character that PostgreSQL's text does not take.
  return text.replaceAll('\0', '').slice(0, 4_000);
}
