import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Creates a folder that the cleanup removes. */
export async function temporaryDir(name: string, cleanup: AsyncDisposableStack): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), `tearline-${name}-`));
  cleanup.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return readableByOthers(dir);
}

/** Creates a folder in a temporary folder. */
export async function subfolder(dir: string, name: string): Promise<string> {
  const folder = join(dir, name);
  await mkdir(folder, { recursive: true });
  return readableByOthers(folder);
}

/** PostgreSQL does not run as root: it switches to another user, who needs access to the folder. */
async function readableByOthers(dir: string): Promise<string> {
  await chmod(dir, 0o755);
  return dir;
}
