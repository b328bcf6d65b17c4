import { SeamError } from '@tearline/seam';

/** PostgreSQL error codes of a server that is temporarily unavailable. */
const UNAVAILABLE_CODES = /^(08...|57P0[123]|53300)$/;
/** Undefined column, table, function or schema: a replica may not have replayed the latest migration yet. */
const SCHEMA_CODES = /^(42703|42P01|42883|3F000)$/;
/** read_only_sql_transaction: the server is no longer the primary. */
export const READ_ONLY_TRANSACTION = '25006';
/** A replica cancels a query that conflicts with the WAL it has to replay. */
const RECOVERY_CONFLICT = /conflict with recovery/;
/** Node's error codes of connections that failed. */
const SOCKET_CODES = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** Messages of pg for failed connections, which have no code. */
const CONNECTION_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|timeout expired)/;

/** Returns whether an error comes from the server or the connection, not from the query. */
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

/** Returns whether a replica cancelled a query to replay WAL: the query may succeed elsewhere. */
export function isRecoveryConflict(error: unknown): boolean {
  return error instanceof Error && RECOVERY_CONFLICT.test(error.message);
}

/** Returns whether an error may come from a migration that a replica has not replayed yet. */
export function isSchemaBehind(error: unknown): boolean {
  return SCHEMA_CODES.test(String((error as { code?: unknown }).code));
}

/** Returns `unavailable`, which is retryable, for an error of the server; any other error unchanged. */
export function toUnavailable(error: unknown): unknown {
  if (error instanceof SeamError || !(isServerUnavailable(error) || isRecoveryConflict(error))) return error;
  return new SeamError('unavailable', { message: 'the database does not answer', cause: error });
}
