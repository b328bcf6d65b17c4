import pg from 'pg';

/**
 * Settings of a session on which the code relies. A server, a database or a role may have other defaults. Not among them are
 * those with which an operator decides something: `synchronous_commit`, and `default_transaction_read_only`, which clusters
 * and providers set on a server that must not be written to; nor `transaction_timeout`, which PostgreSQL 16 does not know.
 */
const SESSION_SETTINGS = {
  // How values are sent and parsed.
  client_encoding: 'UTF8',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  array_nulls: 'on',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  transform_null_equals: 'off',
  row_security: 'on',
  // What a transaction sees and may do.
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // Where there is a limit, the connection sets it.
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
};

/**
 * Returns a database URL whose sessions have the settings on which the code relies, as options of the connection: these
 * take precedence over defaults of the server, the database and the role. Every connection is opened with such a URL.
 * @param schema the only one of the search path; by default PostgreSQL's own search path
 */
export function sessionUrl(url: string, schema?: string): string {
  const searchPath = schema === undefined ? '"$user",public' : pg.escapeIdentifier(schema);
  const options = Object.entries({ ...SESSION_SETTINGS, search_path: searchPath }).map(
    ([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, String.raw`\$&`)}`,
  );
  const [server, query] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  const own = parameters.get('options');
  parameters.set('options', [...(own ? [own] : []), ...options].join(' '));
  return `${server}?${parameters.toString()}`;
}
