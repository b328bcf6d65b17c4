import { databaseUrlVariable } from '@tearline/database';
import { join } from 'node:path';
import type { Database } from '../kit/database.js';
import type { Keys } from '../kit/samples.js';
import { type ServerProcess, startServer } from '../kit/server-process.js';

export const MONOLITH = join(import.meta.dirname, '../../../apps/monolith/src/main.js');
export const SERVICE = join(import.meta.dirname, '../../../apps/service/src/main.js');

/** Connections to PostgreSQL of each server altogether. */
export const DATABASE_CONNECTIONS = '30';

export interface HostOptions {
  readonly database: Database;
  readonly keys: Keys;
  readonly dir: string;
  /** The name of its log file. */
  readonly name: string;
  readonly entry: string;
  readonly core?: string | undefined;
  readonly profile?: string | undefined;
  /** Further settings. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Starts a host as in production: a database role for each module, requests logged, checked mode off.
 * @throws Error when checked mode is on
 */
export async function startHost(options: HostOptions, cleanup: AsyncDisposableStack): Promise<ServerProcess> {
  const { database, keys, dir, name, entry, core, profile, env } = options;
  const urls = Object.entries(database.urls).map(
    ([module, url]) => [databaseUrlVariable(module), url] as const,
  );
  const server = await startServer(
    {
      entry,
      env: {
        LOG_LEVEL: 'info',
        LOG_FORMAT: 'json',
        AUTH_JWKS: keys.jwks,
        IDENTITY_SIGNING_KEY: JSON.stringify(keys.signingKey),
        DATABASE_CONNECTIONS,
        ...database.shared,
        ...Object.fromEntries(urls),
        ...env,
      },
      log: join(dir, `${name}.log`),
      core,
      profile,
    },
    cleanup,
  );
  if (server.listening['checked'] !== false)
    throw new Error(
      `${name}: expected checked mode to be off, as in production; see its log line 'listening'`,
    );
  return server;
}
