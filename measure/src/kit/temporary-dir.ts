import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.js';

/** A folder that is gone at the end. */
export async function temporaryDir(cleanup: Cleanup): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tearline-bench-'));
  cleanup.add(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  // PostgreSQL does not run as root and takes another user, who must be able to walk in.
  await chmod(dir, 0o755);
  return dir;
}
