import pg from 'pg';
import { addressOf, serverUrls } from './server-urls.js';

/** An owner's connection to the server that takes writes, of those that the URL names. */
export async function connectToPrimary(ownerUrl: string): Promise<{ owner: pg.Client; url: string }> {
  let failure: unknown;
  for (const url of serverUrls(ownerUrl)) {
    const owner = new pg.Client({ connectionString: url, application_name: 'tearline migrate' });
    try {
      await owner.connect();
      const { rows } = await owner.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
      if (!rows[0]!.standby) return { owner, url };
      failure ??= new Error(`${addressOf(url)} is a replica: migrations need the primary`);
    } catch (error) {
      failure = error;
    }
    await owner.end().catch(() => undefined);
  }
  throw failure;
}

/**
 * The URL of the server that takes writes now, of those that `url` names. A URL of one server is returned as it is.
 * @throws Error when none of several does
 */
export async function primaryUrl(url: string): Promise<string> {
  if (serverUrls(url).length === 1) return url;
  const { owner, url: primary } = await connectToPrimary(url);
  await owner.end();
  return primary;
}
