import { relative } from 'node:path';
import { formatFinding } from '../finding.js';
import { init } from './init.js';

/** What this needs of a tree of Nest's schematics. */
interface Tree {
  exists(path: string): boolean;
  create(path: string, text: string): void;
  overwrite(path: string, text: string): void;
}

/** Writes the changes of `tearline init` into a tree of Nest's schematics, which shows and writes them. */
export async function initInto(
  tree: Tree,
  directory: string,
  logger: { warn(text: string): void },
): Promise<void> {
  const { changes, findings } = await init(directory);
  for (const finding of findings) logger.warn(`To do by hand:\n${formatFinding(finding)}`);
  for (const { path, after } of changes.changes) {
    const name = relative(directory, path);
    if (after === undefined) continue;
    if (tree.exists(name)) tree.overwrite(name, after);
    else tree.create(name, after);
  }
}
