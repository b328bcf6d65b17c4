import { SeamError } from '@tearline/seam';

/** PostgreSQL's codes, or their first two characters, of what a server answers that cannot work just now. */
const UNAVAILABLE_CODES = /^(08...|57P0[123]|53300)$/;
/** What a replica answers that has not replayed the latest migration yet: no such column, table, function or schema. */
const SCHEMA_CODES = /^(42703|42P01|42883|3F000)$/;
/** A server that was the primary when the connection was made, and takes no writes any more. */
export const READ_ONLY_TRANSACTION = '25006';
/** What a replica answers when what it has to replay is in the way of a query. */
const RECOVERY_CONFLICT = /conflict with recovery/;
/** Node's codes of a connection that broke, or that did not come about. */
const SOCKET_CODES = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** What pg says of the same, without a code. */
const CONNECTION_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|timeout expired)/;

/** Whether the fault is the server's or its connection's, not the query's. */
export function isServerUnavailable(error: unknown): boolean {
  if (error instanceof SeamError) return error.code === 'unavailable';
  if (!(error instanceof Error)) return false;
  const { code, message } = error as Error & { code?: unknown };
  if (
    typeof code === 'string' &&
    (UNAVAILABLE_CODES.test(code) || SOCKET_CODES.test(code) || code === READ_ONLY_TRANSACTION)
  )
    return true;
  if (error instanceof AggregateError) return error.errors.some(isServerUnavailable);
  return CONNECTION_MESSAGES.test(message);
}

/** Whether a replica gave a query up for the sake of what it had to replay: elsewhere it may succeed. */
export function isRecoveryConflict(error: unknown): boolean {
  return error instanceof Error && RECOVERY_CONFLICT.test(error.message);
}

/** Whether a replica does not know yet what a migration has made; if nobody does, it is the statement's fault. */
export function isSchemaBehind(error: unknown): boolean {
  return SCHEMA_CODES.test(String((error as { code?: unknown }).code));
}

/** An error as a caller should see it: one of the server is `unavailable`, and may be gone a moment later. */
export function toUnavailable(error: unknown): unknown {
  if (error instanceof SeamError || !(isServerUnavailable(error) || isRecoveryConflict(error))) return error;
  return new SeamError('unavailable', { message: 'the database does not answer', cause: error });
}
