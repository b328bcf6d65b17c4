import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signingKeySetting } from './keys.js';
import { generateSigningKey, publicKeysOf } from './signing-key.js';

/** Keys as the environment variables `IDENTITY_SIGNING_KEY` and `AUTH_JWKS` hold them. */
export interface KeyTexts {
  readonly signingKey: string;
  readonly jwks: string;
}

/**
 * Keys for development, kept in `<dir>/keys.json` (readable by its owner alone), so that tokens outlive a restart.
 * Processes that start at once end up with the same keys.
 * @param dir made when missing
 * @throws Error that names the file when it holds something else
 */
export async function developmentKeys(dir: string): Promise<KeyTexts> {
  const path = join(dir, 'keys.json');
  const text = (await textOf(path)) ?? (await create(dir, path));
  const key = signingKeySetting.safeParse(text);
  if (!key.success) throw new Error(`${path} holds no signing key; delete it to have a new one made`);
  return { signingKey: JSON.stringify(key.data), jwks: JSON.stringify(publicKeysOf(key.data)) };
}

async function create(dir: string, path: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(await generateSigningKey())}\n`, { mode: 0o600 });
  try {
    // A link appears whole or not at all, and the second process to make it fails and takes the first one's.
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  return readFile(path, 'utf8');
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
