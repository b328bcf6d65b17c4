import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { IndentationText, Project, QuoteKind } from 'ts-morph';
import { UsageError } from '../../usage-error.js';

const TSCONFIGS = ['tsconfig.json', 'tsconfig.app.json', 'tsconfig.base.json'];

/**
 * Opens all TypeScript files of an application with its compiler options, tests included: a codemod changes them as well.
 * New code follows the style of the first file: its quotes and its indentation.
 */
export function openSources(dir: string): Project {
  const directory = resolve(dir);
  const tsConfigFilePath = nearestTsconfig(directory);
  if (tsConfigFilePath === undefined)
    throw new UsageError(`${dir}: expected a tsconfig.json in this folder, or above it`);
  const project = new Project({ tsConfigFilePath, skipAddingFilesFromTsConfig: true });
  const all = ['ts', 'mts', 'cts'].map((extension) => join(directory, `**/*.${extension}`));
  const none = ['node_modules', 'dist', 'build', 'coverage'].map((folder) => `!${directory}/**/${folder}/**`);
  project.addSourceFilesAtPaths([...all, ...none, `!${directory}/**/*.d.ts`]);
  const [first] = project.getSourceFiles();
  if (!first)
    throw new UsageError(`${dir}: expected a Nest application, and there is no TypeScript file in it`);
  project.manipulationSettings.set({ ...styleOf(first.getFullText()), useTrailingCommas: true });
  return project;
}

function nearestTsconfig(directory: string): string | undefined {
  const found = TSCONFIGS.map((name) => join(directory, name)).find((file) => existsSync(file));
  const parent = dirname(directory);
  return found ?? (parent === directory ? undefined : nearestTsconfig(parent));
}

function styleOf(text: string) {
  const [, indent = '  '] = /^([ \t]+)\S/m.exec(text) ?? [];
  return {
    quoteKind: /from "/.test(text) ? QuoteKind.Double : QuoteKind.Single,
    indentationText: indent.startsWith('\t')
      ? IndentationText.Tab
      : indent.length >= 4
        ? IndentationText.FourSpaces
        : IndentationText.TwoSpaces,
  };
}

/** Returns the folder of the package that a folder belongs to. */
export function packageRoot(directory: string): string {
  const parent = dirname(directory);
  return existsSync(join(directory, 'package.json')) || parent === directory
    ? directory
    : packageRoot(parent);
}
