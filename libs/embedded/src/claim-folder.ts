import { folderPaths } from './folder-paths.js';
import { lockFolder } from './folder-lock.js';
import { findServerUser, type ServerUser } from './server-user.js';

/** A folder that no other process uses. */
export interface ClaimedFolder {
  /** Its path, without symbolic links. */
  readonly dir: string;
  /** The user that runs PostgreSQL on data in it. */
  readonly user: ServerUser;
  readonly release: () => void;
}

/**
 * Locks a folder, created if missing, for servers of PostgreSQL that another program starts there.
 * @param postgres the path of the program
 * @throws Error when the folder is in use, or no user can run PostgreSQL there
 */
export async function claimFolder(folder: string, postgres: string): Promise<ClaimedFolder> {
  const paths = await folderPaths(folder);
  const lock = await lockFolder(paths, 'Stop that process, or set TEARLINE_DIR to another folder.');
  try {
    const user = await findServerUser(paths, { postgres, initdb: postgres });
    return { dir: paths.dir, user, release: () => lock.release() };
  } catch (error) {
    lock.release();
    throw error;
  }
}
