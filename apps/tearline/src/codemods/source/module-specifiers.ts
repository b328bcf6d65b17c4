import { posix } from 'node:path';
import { type ImportDeclaration, type ImportSpecifier, Node, QuoteKind, type SourceFile } from 'ts-morph';

/**
 * Returns the extension in relative imports: `.js` with ES modules, often none. It is that of the file's own imports, or, where it
 * has none, of any other file's.
 */
export function importExtension(file: SourceFile): string {
  for (const each of [file, ...file.getProject().getSourceFiles()]) {
    const relative = each
      .getImportDeclarations()
      .map((declaration) => declaration.getModuleSpecifierValue())
      .find((specifier) => specifier.startsWith('.'));
    if (relative !== undefined) return /\.[cm]?[jt]s$/.exec(relative)?.[0] ?? '';
  }
  return '';
}

/** Returns how one file imports another, relative to it. */
export function relativeSpecifier(from: SourceFile, to: string, extension: string): string {
  const path = posix.relative(posix.dirname(from.getFilePath()), to.replace(/\.[cm]?ts$/, ''));
  return `${path.startsWith('.') ? path : `./${path}`}${extension}`;
}

/** Adds names to the import of a package, or an import after those of other packages. */
export function importFromPackage(file: SourceFile, specifier: string, names: readonly string[]): void {
  const existing = file.getImportDeclaration(
    (each) =>
      each.getModuleSpecifierValue() === specifier &&
      !each.isTypeOnly() &&
      each.getNamespaceImport() === undefined,
  );
  if (existing) {
    const present = new Set(existing.getNamedImports().map((each) => each.getName()));
    addNames(
      existing,
      names.filter((each) => !present.has(each)),
    );
    return;
  }
  const declarations = file.getImportDeclarations();
  const lastOfPackages = declarations.findLastIndex((each) => isPackage(each));
  insertImport(file, lastOfPackages + 1, importText(file, names, specifier));
}

/** Keeps the order of the names where there is one. */
function insertSorted(declaration: ImportDeclaration, name: string): void {
  const key = (text: string) => text.replace(/^type /, '').toLowerCase();
  const names = declaration.getNamedImports().map((each) => each.getText());
  const isSorted = names.every((each, index) => index === 0 || key(names[index - 1]!) <= key(each));
  const at = isSorted ? names.findIndex((each) => key(each) > key(name)) : -1;
  declaration.insertNamedImport(at < 0 ? names.length : at, name);
}

/** Adds names to an import. */
export function addNames(declaration: ImportDeclaration, names: readonly string[]): void {
  for (const name of names) insertSorted(declaration, name);
}

/** Adds an import after the others. */
export function importFromFile(file: SourceFile, specifier: string, names: readonly string[]): void {
  insertImport(file, file.getImportDeclarations().length, importText(file, names, specifier));
}

/** Inserts before the import at an index, so that comments and lines above stay where they are. */
function insertImport(file: SourceFile, index: number, text: string): void {
  const previous = file.getImportDeclarations()[index - 1];
  file.insertStatements(previous ? previous.getChildIndex() + 1 : firstCode(file), text);
}

/** After directives such as `'use strict'`. */
const firstCode = (file: SourceFile) =>
  file
    .getStatements()
    .findIndex((each) => !Node.isExpressionStatement(each) || !Node.isStringLiteral(each.getExpression()));

export function importText(file: SourceFile, names: readonly string[], specifier: string): string {
  const any = file.getImportDeclarations()[0];
  const quote = any
    ? any.getModuleSpecifier().getText()[0]!
    : file.getProject().manipulationSettings.getQuoteKind() === QuoteKind.Double
      ? '"'
      : "'";
  const end = any === undefined || any.getText().endsWith(';') ? ';' : '';
  return `import { ${names.join(', ')} } from ${quote}${specifier}${quote}${end}`;
}

/** Aliases that applications commonly give their own folders. */
const isPackage = (declaration: ImportDeclaration): boolean =>
  !/^([.]|[/]|src[/]|@[/]|~|#)/.test(declaration.getModuleSpecifierValue());

/** Removes a name from the imports of a file when nothing there uses it any more. */
export function removeUnusedImport(file: SourceFile, name: string, specifier?: string): void {
  for (const declaration of file.getImportDeclarations()) {
    if (specifier !== undefined && declaration.getModuleSpecifierValue() !== specifier) continue;
    for (const named of declaration.getNamedImports()) {
      const local = named.getAliasNode()?.getText() ?? named.getName();
      if (local !== name || isUsed(file, local)) continue;
      const isLast =
        declaration.getNamedImports().length === 1 && declaration.getDefaultImport() === undefined;
      if (isLast) declaration.remove();
      else named.remove();
      return;
    }
  }
}

export function isUsed(file: SourceFile, name: string): boolean {
  return file
    .getDescendants()
    .some(
      (node) =>
        Node.isIdentifier(node) &&
        node.getText() === name &&
        !Node.isImportSpecifier(node.getParent()) &&
        !isMemberName(node),
    );
}

/** `x.UsersService`, `{ UsersService: … }`: the name of a member, and no use of the import. */
function isMemberName(node: Node): boolean {
  const parent = node.getParent();
  return (
    (Node.isPropertyAccessExpression(parent) || Node.isPropertyAssignment(parent)) &&
    parent.getNameNode() === node
  );
}

/** Returns the import of a name in a file. */
export function importOf(file: SourceFile, name: string): ImportSpecifier | undefined {
  return file
    .getImportDeclarations()
    .flatMap((each) => each.getNamedImports())
    .find((each) => each.getName() === name);
}
