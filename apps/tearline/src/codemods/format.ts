import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Change, ChangeSet } from './change-set.js';

interface Prettier {
  resolveConfig(file: string): Promise<object | null>;
  check(text: string, options: object): Promise<boolean>;
  format(text: string, options: object): Promise<string>;
}

/** Formats with the application's own Prettier the files that it had formatted before, and new ones if there are any. */
export async function format(changes: ChangeSet): Promise<void> {
  const prettier = prettierOf(changes.root);
  if (!prettier) return;
  const sources = changes.changes.filter(({ path, after }) => after !== undefined && /\.[cm]?ts$/.test(path));
  let isUsed = false;
  for (const { path, before, after } of sources.toSorted(existingFirst)) {
    const options = { ...(await prettier.resolveConfig(path)), filepath: path };
    const wasFormatted: boolean = before === undefined ? isUsed : await prettier.check(before, options);
    isUsed ||= wasFormatted;
    if (wasFormatted) changes.set(path, await prettier.format(after!, options));
  }
}

const existingFirst = (a: Change, b: Change) =>
  Number(a.before === undefined) - Number(b.before === undefined);

function prettierOf(root: string): Prettier | undefined {
  const load = createRequire(join(root, 'package.json'));
  try {
    return load('prettier') as Prettier;
  } catch (error) {
    if (existsSync(join(root, 'node_modules/prettier'))) throw error;
    return undefined;
  }
}
