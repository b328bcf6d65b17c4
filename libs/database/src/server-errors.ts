import { currentCall, SeamError } from '@tearline/seam';
import { QueryFailedError } from 'typeorm';

/**
 * PostgreSQL error classes of a server that cannot work at present: connection, login, resources (a full disk, too many
 * connections), operator intervention (shutdown, recovery), system.
 */
const UNAVAILABLE_CODES = /^(08...|28...|53...|57P..|58...)$/;
/** A login that is refused: the role does not exist, or has another password. */
const LOGIN_CODES = /^28...$/;
/** Query canceled, by statement_timeout or an operator; transaction timeout. */
const TIMEOUT_CODES = /^(57014|25P04)$/;
/** Lock not available, within lock_timeout. */
const LOCK_NOT_AVAILABLE = '55P03';
/** The server ended a transaction that was idle. */
const IDLE_TRANSACTION_ENDED = '25P03';
/** Serialization failure, deadlock. On a replica also the end of a query that conflicts with the WAL it has to replay. */
const CONFLICT_CODES = /^(40001|40P01)$/;
/** Undefined column, table, function or schema: a replica may not have replayed the latest migration yet. */
const SCHEMA_CODES = /^(42703|42P01|42883|3F000)$/;
/** read_only_sql_transaction: the server is no longer the primary. */
export const READ_ONLY_TRANSACTION = '25006';
/**
 * Of a server that the data has left: insufficient privilege, and after the end of the move an undefined table, function or
 * type.
 */
const LEFT_CODES = /^(42501|42P01|42883|42704)$/;
/** Node's error codes of connections that failed. */
const SOCKET_CODES = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** Messages of pg for failed connections, which have no code. */
const CONNECTION_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|timeout expired)/;

/** Returns the code of PostgreSQL's or Node's error, also when TypeORM or a SeamError wraps it; else an empty text. */
function codeOf(error: unknown): string {
  if (error instanceof SeamError) return error.cause === undefined ? '' : codeOf(error.cause);
  if (error instanceof QueryFailedError) return codeOf(error.driverError);
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Returns whether an error comes from the server or the connection, not from the query. */
export function isServerUnavailable(error: unknown): boolean {
  if (error instanceof SeamError) return error.code === 'unavailable';
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (UNAVAILABLE_CODES.test(code) || SOCKET_CODES.test(code) || code === READ_ONLY_TRANSACTION) return true;
  if (error instanceof AggregateError) return error.errors.some(isServerUnavailable);
  return CONNECTION_MESSAGES.test(error.message);
}

/**
 * Returns whether a transaction conflicted with a concurrent one or with a move of the data, or a read of a replica with the
 * WAL that it replays.
 */
export function isConflict(error: unknown): boolean {
  return CONFLICT_CODES.test(codeOf(error)) || isDataMoved(error);
}

/** Returns the error of a transaction during which the data has moved to another server. It has no effect. */
export function dataMovedError(cause: unknown): SeamError {
  return new SeamError('unavailable', { message: 'the data has moved to another server', cause });
}

function isDataMoved(error: unknown): boolean {
  const inner: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return inner instanceof SeamError && isRefused(inner);
}

/** Returns whether the server refused a statement as one does that the data has left. */
export function isRefused(error: unknown): boolean {
  return LEFT_CODES.test(codeOf(error));
}

/** Returns whether a statement did not get a lock within `lock_timeout`. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === LOCK_NOT_AVAILABLE;
}

/** Returns whether an error may come from a migration that a replica has not replayed yet. */
export function isSchemaBehind(error: unknown): boolean {
  return SCHEMA_CODES.test(codeOf(error));
}

/**
 * Returns `unavailable`, which is retryable, for an error of the server and a conflict; `deadline-exceeded` when the server
 * ended a statement that took too long; any other error unchanged.
 */
export function toSeamError(error: unknown): unknown {
  if (error instanceof SeamError) return error;
  const code = codeOf(error);
  const unavailable = (message: string) => new SeamError('unavailable', { message, cause: error });
  if (TIMEOUT_CODES.test(code)) {
    const message = 'the database cancelled a statement that took too long';
    return currentCall()?.cancelled ?? new SeamError('deadline-exceeded', { message, cause: error });
  }
  if (LOGIN_CODES.test(code))
    return unavailable(
      `${(error as Error).message}; run npm run migrate, which sets the passwords of the URLs`,
    );
  if (isServerUnavailable(error)) return unavailable('the database does not answer');
  if (isConflict(error)) return unavailable('the database ended a transaction because of a concurrent one');
  if (code === LOCK_NOT_AVAILABLE) return unavailable('the database did not get a lock in time');
  if (code === IDLE_TRANSACTION_ENDED) return unavailable('the database ended a transaction that was idle');
  return error;
}
