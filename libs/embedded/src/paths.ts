import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Where things are in the folder that the embedded PostgreSQL was given. */
export interface Paths {
  readonly dir: string;
  readonly data: string;
  readonly credentials: string;
  readonly lock: string;
  readonly log: string;
  /** What the name of a data directory that is being made, or removed, starts with. */
  readonly unfinished: string;
}

/** Makes the folder if it is missing. Symbolic links are resolved, as the kernel reports where a process works without them. */
export async function pathsIn(folder: string): Promise<Paths> {
  await mkdir(folder, { recursive: true });
  const dir = await realpath(folder);
  const data = join(dir, 'postgres');
  return {
    dir,
    data,
    // In the data directory, so that one rename puts both in place and a password never belongs to other data.
    credentials: join(data, 'credentials.json'),
    lock: join(dir, 'postgres.lock'),
    log: join(dir, 'postgres.log'),
    unfinished: 'postgres.tmp-',
  };
}
