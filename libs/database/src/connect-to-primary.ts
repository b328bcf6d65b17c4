import pg from 'pg';
import { addressOf, serverUrls } from './server-urls.js';

/** Connects as the owner to the primary among the servers that the URL names. */
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
 * Returns the URL of the present primary among the servers that `url` names; a URL of a single server unchanged.
 * @throws Error when none of several servers is the primary
 */
export async function primaryUrl(url: string): Promise<string> {
  if (serverUrls(url).length === 1) return url;
  const { owner, url: primary } = await connectToPrimary(url);
  await owner.end();
  return primary;
}
