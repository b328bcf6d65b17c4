import pg from 'pg';
import { serverUrls } from '@tearline/settings';
import { toConnectionError } from './connection-error.js';
import { MIGRATION_APPLICATION } from './lock-waits.js';
import { addressOf } from './server-urls.js';
import { sessionUrl } from './session-url.js';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connects as the owner to the primary among the servers that the URL names.
 * @param setting whose value the URL is, which the error names
 */
export async function connectToPrimary(
  ownerUrl: string,
  setting = 'DATABASE_URL',
): Promise<{ owner: pg.Client; url: string }> {
  let failure: unknown;
  for (const url of serverUrls(ownerUrl)) {
    const owner = new pg.Client({
      connectionString: sessionUrl(url),
      application_name: MIGRATION_APPLICATION,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // A lost connection rejects the pending or the next query, which reports it.
    owner.on('error', () => undefined);
    try {
      await owner.connect();
      const { rows } = await owner.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
      if (!rows[0]!.standby) return { owner, url };
      failure ??= new Error(`${addressOf(url)} is a replica: migrations need the primary`);
    } catch (error) {
      failure = toConnectionError(setting, url, error);
    }
    await owner.end().catch(() => undefined);
  }
  throw failure;
}

/**
 * Returns the URL of the present primary among the servers that `url` names; a URL of a single server unchanged.
 * @throws Error when none of several servers is the primary
 */
export async function primaryUrl(url: string, setting?: string): Promise<string> {
  if (serverUrls(url).length === 1) return url;
  const { owner, url: primary } = await connectToPrimary(url, setting);
  await owner.end();
  return primary;
}
