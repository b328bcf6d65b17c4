import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the working tree. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The folders in a folder, by name; none when it does not exist. */
export function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

/** The modules of a tree: the folders in its `libs/modules` that have sources of their own. */
export const modulesOf = (tree: string) =>
  foldersIn(join(tree, 'libs/modules')).filter((name) => existsSync(join(tree, 'libs/modules', name, 'src')));

/** The other libs of a tree. */
export const libsOf = (tree: string) => foldersIn(join(tree, 'libs')).filter((name) => name !== 'modules');

/** Returns each entry point of a tree: its import specifier and its file, e.g. `libs/seam/src/index.ts`. */
export function entryPointsOf(tree: string): Record<string, string> {
  const libs = libsOf(tree).map((lib) => [`@tearline/${lib}`, `libs/${lib}/src/index.ts`]);
  const modules = modulesOf(tree).flatMap((module) => [
    [`@tearline/modules/${module}`, `libs/modules/${module}/src/index.ts`],
    [`@tearline/modules/${module}/contract`, `libs/modules/${module}/src/contract.ts`],
  ]);
  const registry = 'libs/modules/src/index.ts';
  return Object.fromEntries([
    ...libs,
    ...modules,
    ...(existsSync(join(tree, registry)) ? [['@tearline/modules', registry]] : []),
  ]) as Record<string, string>;
}
