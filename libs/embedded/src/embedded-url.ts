import { existsSync } from 'node:fs';
import { readCredentials } from './cluster.js';
import { readHolder } from './folder-lock.js';
import { pathsIn } from './paths.js';
import { isAlive } from './processes.js';

/**
 * The owner's URL of the embedded PostgreSQL that another process runs in a folder, to work beside that process; undefined
 * when none accepts connections there. It lives as long as that process.
 */
export async function embeddedUrl(dir: string): Promise<string | undefined> {
  if (!existsSync(dir)) return undefined;
  const paths = await pathsIn(dir);
  const { postgres, port } = readHolder(paths.lock) ?? {};
  if (postgres === undefined || port === undefined || !isAlive(postgres)) return undefined;
  const credentials = await readCredentials(paths);
  return credentials && ownerUrl(credentials, port);
}

/** The database `tearline` as its owner. */
export const ownerUrl = ({ owner }: { owner: string }, port: number) =>
  `postgres://tearline_owner:${owner}@127.0.0.1:${port}/tearline`;
