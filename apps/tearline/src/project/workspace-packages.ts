import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Workspaces list their packages by patterns such as `packages/*` and `libs/shared/*`. */
const MAX_DEPTH = 4;

/** A package of a workspace. */
export interface WorkspacePackage {
  readonly folder: string;
  /** Files of each entry point in `exports`, such as `./*` → `./dist/*.js`. */
  readonly exports: ReadonlyMap<string, readonly string[]>;
}

/** Finds the packages of a workspace by name, such as `@shop/users`. */
export function findWorkspacePackages(root: string): Map<string, WorkspacePackage> {
  const packages = new Map<string, WorkspacePackage>();
  const visit = (folder: string, depth: number) => {
    const manifest = depth > 0 ? manifestIn(join(folder, 'package.json')) : undefined;
    if (manifest?.name !== undefined)
      packages.set(manifest.name, { folder, exports: entryPointsOf(manifest.exports) });
    if (depth === MAX_DEPTH) return;
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory() && !/^([.].*|node_modules|dist|build|src)$/.test(entry.name))
        visit(join(folder, entry.name), depth + 1);
  };
  visit(root, 0);
  return packages;
}

interface Manifest {
  readonly name?: string;
  readonly exports?: unknown;
}

function manifestIn(file: string): Manifest | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  } catch {
    // A manifest that npm could not read either names nothing.
    return undefined;
  }
}

function entryPointsOf(exports: unknown): Map<string, string[]> {
  if (typeof exports !== 'object' || exports === null) return new Map();
  return new Map(Object.entries(exports).map(([name, target]) => [name, filesIn(target)]));
}

/** The files of all conditions. */
function filesIn(target: unknown): string[] {
  if (typeof target === 'string') return [target];
  return typeof target === 'object' && target !== null ? Object.values(target).flatMap(filesIn) : [];
}
