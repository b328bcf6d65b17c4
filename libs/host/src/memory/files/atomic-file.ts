import { renameSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

/** Readable by the owner alone, as everything here. */
const options = { mode: 0o600 } as const;

/** Replaces a file as a whole: a process that dies meanwhile leaves the old one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text, options);
  await rename(`${path}.part`, path);
}

/** Does the same at once, for a process whose event loop is blocked or that ends. */
export function replaceFileSync(path: string, text: string): void {
  writeFileSync(`${path}.now`, text, options);
  renameSync(`${path}.now`, path);
}
