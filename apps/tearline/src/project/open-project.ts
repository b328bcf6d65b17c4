import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { Project, ts } from 'ts-morph';
import type { Application } from './application.js';
import { isSource } from './find-application.js';
import { ModuleResolver } from './module-resolver.js';
import { walk } from './syntax.js';

/** The parsed sources of an application. Types are not checked, and packages are not loaded. */
export interface OpenProject {
  readonly project: Project;
  readonly resolver: ModuleResolver;
  /** Lines of all files. */
  readonly lines: number;
}

/** Parses the files of an application, and those of its workspace that they import. */
export function openProject(application: Application): OpenProject {
  const { root, tsconfig, files, packages } = application;
  const options = tsconfig === undefined ? {} : compilerOptionsIn(tsconfig);
  const project = new Project({
    compilerOptions: { experimentalDecorators: true, ...options, noEmit: true },
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
    skipLoadingLibFiles: true,
  });
  const resolver = new ModuleResolver(options, packages, existsSync);
  let lines = 0;
  const queue = [...files];
  const known = new Set(queue);
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    const source = project.createSourceFile(file, readFileSync(file, 'utf8'), {
      overwrite: true,
    }).compilerNode;
    lines += source.getLineStarts().length;
    for (const specifier of specifiersOf(source)) {
      const imported = resolver.resolve(specifier, file);
      if (imported === undefined || known.has(imported) || !isInRepository(imported, root)) continue;
      known.add(imported);
      queue.push(imported);
    }
  }
  return { project, resolver, lines };
}

const isInRepository = (file: string, root: string) =>
  isSource(file) && !relative(root, file).startsWith('..') && !/[\\/](node_modules|dist)[\\/]/.test(file);

function specifiersOf(source: ts.SourceFile): string[] {
  const specifiers = source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    return moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier) ? [moduleSpecifier.text] : [];
  });
  // Modules that are loaded lazily: `import('./users.module.js')`.
  if (source.text.includes('import('))
    walk(source, (node) => {
      if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return;
      const [specifier] = node.arguments;
      if (specifier && ts.isStringLiteralLike(specifier)) specifiers.push(specifier.text);
    });
  return specifiers;
}

function compilerOptionsIn(tsconfig: string): ts.CompilerOptions {
  // No list of files: they are found without the tsconfig, which in a workspace often names none.
  const host: ts.ParseConfigFileHost = {
    fileExists: existsSync,
    readFile: (file) => readFileSync(file, 'utf8'),
    readDirectory: () => [],
    useCaseSensitiveFileNames: true,
    getCurrentDirectory: () => process.cwd(),
    onUnRecoverableConfigFileDiagnostic: () => undefined,
  };
  return ts.getParsedCommandLineOfConfigFile(tsconfig, {}, host)?.options ?? {};
}
