import { addressOf } from './server-urls.js';

/** What the error codes of Node.js and PostgreSQL at a connection mean, and what to do. */
const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'accepts no connection; start it, or correct the address',
  ENOTFOUND: 'has an unknown host name; correct it',
  EAI_AGAIN: 'has a host name that cannot be resolved; correct it',
  EHOSTUNREACH: 'is unreachable; correct the address',
  ENETUNREACH: 'is unreachable; correct the address',
  ETIMEDOUT: 'does not answer; start it, or correct the address',
  ECONNRESET: 'closed the connection; it may not be a PostgreSQL',
  '28P01': 'rejects the role or its password; correct them',
  '28000': 'rejects the role; correct it',
  '3D000': 'has no such database; create it, or correct the name',
};

/** Errors of the driver that have no code, by message. */
const CODES_OF_PG: Readonly<Record<string, string>> = {
  'timeout expired': 'ETIMEDOUT',
  'Connection terminated unexpectedly': 'ECONNRESET',
};

/**
 * Returns an error that names the setting with the URL of a server that refuses a connection, and what to do; another error
 * unchanged. Never quotes the URL, which may hold a password.
 */
export function toConnectionError(setting: string, url: string, cause: unknown): unknown {
  const { code, message } = cause as { code?: string; message?: string };
  const reason = CODES_OF_PG[message ?? ''] ?? code;
  const meaning = reason === undefined ? undefined : MEANINGS[reason];
  if (meaning === undefined) return cause;
  return new Error(`${setting}: the server ${addressOf(url)} ${meaning} (${reason})`, { cause });
}
