import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** The paths in the folder of an embedded PostgreSQL. */
export interface FolderPaths {
  readonly dir: string;
  readonly data: string;
  readonly credentials: string;
  readonly lock: string;
  readonly log: string;
  /** Prefix of data directories that are being created or removed. */
  readonly unfinishedPrefix: string;
}

/** Creates the folder if it is missing. Resolves symbolic links, because the kernel reports working directories resolved. */
export async function folderPaths(folder: string): Promise<FolderPaths> {
  await mkdir(folder, { recursive: true });
  const dir = await realpath(folder);
  const data = join(dir, 'postgres');
  return {
    dir,
    data,
    // In the data directory, so that one rename moves both, and passwords never belong to other data.
    credentials: join(data, 'credentials.json'),
    lock: join(dir, 'postgres.lock'),
    log: join(dir, 'postgres.log'),
    unfinishedPrefix: 'postgres.tmp-',
  };
}
