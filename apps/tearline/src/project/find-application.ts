import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../usage-error.js';
import type { Application, ApplicationKind } from './application.js';
import { findWorkspacePackages } from './workspace-packages.js';

const LEFT_OUT_FOLDERS = new Set([
  'node_modules',
  'dist',
  'build',
  'out',
  'coverage',
  'tmp',
  'generated',
  'test',
  'tests',
  'e2e',
  'migrations',
  '__tests__',
  '__mocks__',
  '__fixtures__',
]);
const SOURCE = /[.]m?ts$/;
const LEFT_OUT_FILES =
  /[.](d|spec|test|e2e|e2e-spec|integration-spec|stories|stub|mock|fixture)[.]m?ts$|-spec[.]ts$/;
const MANIFESTS = ['package.json', 'project.json'];
const TSCONFIGS = ['tsconfig.json', 'tsconfig.app.json', 'tsconfig.base.json'];
const WORKSPACES = ['nx.json', 'pnpm-workspace.yaml', 'nest-cli.json', 'lerna.json'];
const MAX_FILES = 50_000;

/**
 * Finds the sources of the Nest application in a folder: of the Nest CLI, of an Nx or another workspace, or plain. In a
 * workspace, packages that do not import Nest are left out.
 */
export function findApplication(dir: string): Application {
  const directory = resolve(dir);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`${dir}: expected the folder of a Nest application, and there is no such folder`);
  const root = repositoryOf(directory);
  const found = walk(directory);
  const files = filesOfNestPackages(directory, found.sources);
  if (files.length === 0)
    throw new UsageError(
      `${dir}: expected a Nest application, and no TypeScript file in it imports '@nestjs/common'. Name its folder: npx tearline analyze apps/api`,
    );
  return {
    kind: kindOf(root, directory),
    root,
    directory,
    tsconfig: nearest(directory, root, TSCONFIGS),
    files,
    packages: findWorkspacePackages(root),
    prismaSchemas: found.schemas.length > 0 ? found.schemas : schemasNear(directory, root),
  };
}

/** Returns the outermost folder that manages the packages, or the nearest one with a manifest. */
function repositoryOf(directory: string): string {
  const above = ancestors(directory);
  const workspace = above.find(
    (folder) => WORKSPACES.some((file) => existsSync(join(folder, file))) || hasWorkspaces(folder),
  );
  return workspace ?? above.find((folder) => existsSync(join(folder, 'package.json'))) ?? directory;
}

function hasWorkspaces(folder: string): boolean {
  const manifest = join(folder, 'package.json');
  return existsSync(manifest) && /"workspaces"\s*:/.test(readFileSync(manifest, 'utf8'));
}

function ancestors(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...ancestors(parent)];
}

function kindOf(root: string, directory: string): ApplicationKind {
  const has = (file: string) => existsSync(join(root, file)) || existsSync(join(directory, file));
  if (has('nx.json')) return 'nx';
  return has('nest-cli.json') ? 'nest-cli' : 'plain';
}

function nearest(directory: string, root: string, names: readonly string[]): string | undefined {
  const folders = ancestors(directory).filter((folder) => !relative(root, folder).startsWith('..'));
  return folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((file) => existsSync(file));
}

function walk(directory: string): { sources: string[]; schemas: string[] } {
  const [sources, schemas]: [string[], string[]] = [[], []];
  const visit = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.') && !LEFT_OUT_FOLDERS.has(entry.name)) visit(path);
      } else if (entry.name.endsWith('.prisma')) schemas.push(path);
      else if (isSource(entry.name)) sources.push(path);
    }
    if (sources.length > MAX_FILES)
      throw new UsageError(
        `${directory}: over ${MAX_FILES} TypeScript files. Name the folder of one application: npx tearline analyze apps/api`,
      );
  };
  visit(directory);
  return { sources: sources.toSorted(), schemas: schemas.toSorted() };
}

/** Whether a file is a source of the application: TypeScript, and no test or declaration. */
export const isSource = (file: string): boolean => SOURCE.test(file) && !LEFT_OUT_FILES.test(file);

function filesOfNestPackages(directory: string, sources: readonly string[]): string[] {
  const packages = Map.groupBy(sources, (file) => packageOf(dirname(file), directory));
  return [...packages.values()].filter((files) => files.some(importsNest)).flat();
}

function packageOf(folder: string, directory: string): string {
  if (folder === directory || !folder.startsWith(directory + sep)) return directory;
  if (MANIFESTS.some((file) => existsSync(join(folder, file)))) return folder;
  return packageOf(dirname(folder), directory);
}

const importsNest = (file: string): boolean => /['"]@nestjs\/common['"]/.test(readFileSync(file, 'utf8'));

/** Schemas of a workspace lie beside the application: `prisma/schema.prisma` at the root, or a library's. */
function schemasNear(directory: string, root: string): string[] {
  return ancestors(directory)
    .filter((folder) => !relative(root, folder).startsWith('..'))
    .map((folder) => join(folder, 'prisma'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => walk(folder).schemas);
}
