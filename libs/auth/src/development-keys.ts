import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSigningKey, publicKeysOf, signingKeySetting } from './keys.js';

/** Keys as the environment variables `IDENTITY_SIGNING_KEY` and `AUTH_JWKS` hold them. */
export interface DevelopmentKeys {
  readonly signingKey: string;
  readonly jwks: string;
}

/**
 * Returns keys for development, stored in `<dir>/keys.json` with access for the owner only, so that tokens stay valid over
 * restarts. Processes that start at the same time get the same keys.
 * @param dir created when missing
 * @throws Error with the file's name when its content is invalid
 */
export async function developmentKeys(dir: string): Promise<DevelopmentKeys> {
  const path = join(dir, 'keys.json');
  const text = (await readIfExists(path)) ?? (await create(dir, path));
  const key = signingKeySetting.safeParse(text);
  if (!key.success) throw new Error(`${path}: expected a signing key; delete the file to create a new one`);
  return { signingKey: JSON.stringify(key.data), jwks: JSON.stringify(publicKeysOf(key.data)) };
}

async function create(dir: string, path: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(await generateSigningKey())}\n`, { mode: 0o600 });
  try {
    // Creating a link is atomic. In a second process it fails, and that process reads the first one's key.
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  return readFile(path, 'utf8');
}

async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
