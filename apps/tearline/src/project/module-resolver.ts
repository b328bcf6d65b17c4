import { dirname, join, resolve } from 'node:path';
import type { ts } from 'ts-morph';
import type { WorkspacePackage } from './workspace-packages.js';

const ENDINGS = ['', '.ts', '.mts', '/index.ts'];

/**
 * Resolves specifiers of imports to TypeScript files: relative ones, `baseUrl` and `paths`, packages of the workspace. Other
 * packages resolve to nothing.
 */
export class ModuleResolver {
  readonly #options: ts.CompilerOptions;
  readonly #exists: (file: string) => boolean;
  readonly #packages: ReadonlyMap<string, WorkspacePackage>;
  readonly #found = new Map<string, string | undefined>();

  /** @param packages packages of the workspace, by name */
  constructor(
    options: ts.CompilerOptions,
    packages: ReadonlyMap<string, WorkspacePackage>,
    exists: (file: string) => boolean,
  ) {
    this.#options = options;
    this.#packages = packages;
    this.#exists = exists;
  }

  /** @returns the absolute path of a TypeScript file */
  resolve(specifier: string, from: string): string | undefined {
    if (specifier.startsWith('.')) return this.#file(resolve(dirname(from), specifier));
    for (const path of [...this.#mapped(specifier), ...this.#inWorkspace(specifier)]) {
      const file = this.#file(path);
      if (file !== undefined) return file;
    }
    return undefined;
  }

  #mapped(specifier: string): string[] {
    const { paths, baseUrl, pathsBasePath } = this.#options;
    const base = baseUrl ?? (pathsBasePath as string | undefined);
    if (base === undefined) return [];
    const mapped = Object.entries(paths ?? {}).flatMap(([pattern, targets]) => {
      const match = matchOf(pattern, specifier);
      return match === undefined ? [] : targets.map((target) => resolve(base, target.replace('*', match)));
    });
    return baseUrl === undefined ? mapped : [...mapped, join(baseUrl, specifier)];
  }

  /** The sources of a package: its own entry point is output that may not be there. */
  #inWorkspace(specifier: string): string[] {
    const parts = specifier.split('/');
    const length = specifier.startsWith('@') ? 2 : 1;
    const found = this.#packages.get(parts.slice(0, length).join('/'));
    if (found === undefined) return [];
    const { folder, exports } = found;
    const rest = parts.slice(length).join('/');
    const exported = [...exports].flatMap(([pattern, files]) => {
      const match = matchOf(pattern, rest === '' ? '.' : `./${rest}`);
      return match === undefined ? [] : files.map((file) => file.replace('*', match));
    });
    return [
      ...exported.flatMap((file) => [file, file.replace(/(^|\/)(dist|lib|build)\//, '$1src/')]),
      ...['src', 'src/lib', '.', 'lib'].map((each) => join(each, rest)),
    ].map((file) => join(folder, file));
  }

  #file(path: string): string | undefined {
    if (!this.#found.has(path)) this.#found.set(path, this.#find(path));
    return this.#found.get(path);
  }

  #find(path: string): string | undefined {
    // ESM sources import the output: './users.js' is users.ts.
    const stem = path.replace(/[.]m?js$/, '');
    return [path, stem]
      .flatMap((each) => ENDINGS.map((ending) => `${each}${ending}`))
      .find((file) => /[.]m?ts$/.test(file) && this.#exists(file));
  }
}

/** What `*` of a pattern stands for in a text; empty for an equal text without one. */
function matchOf(pattern: string, text: string): string | undefined {
  const [start, end] = pattern.split('*') as [string, string?];
  if (end === undefined) return pattern === text ? '' : undefined;
  if (!text.startsWith(start) || !text.endsWith(end) || text.length < start.length + end.length)
    return undefined;
  return text.slice(start.length, text.length - end.length);
}
