import type { ImportDeclaration, SourceFile } from 'ts-morph';
import {
  addNames,
  importExtension,
  importFromFile,
  importOf,
  importText,
  isUsed,
  relativeSpecifier,
} from '../source/module-specifiers.js';

/** What a file imports instead of a name, or beside it. */
export interface Swap {
  /** The name that is no longer needed, and the file that declares it. */
  readonly name: string;
  readonly from: SourceFile;
  /** Names to import, as `type Users`, and the file that declares them. */
  readonly names: readonly string[];
  readonly to: SourceFile;
  /** Whether the import is through an index file, which exports both. */
  readonly throughIndex: boolean;
}

/**
 * Replaces the import of a name, in its place. An import through an index file stays one: both names are exported there.
 * The old name stays where something still uses it.
 */
export function swapImport(file: SourceFile, { name, from, names, to, throughIndex }: Swap): void {
  if (file === to) return;
  const specifier = importOf(file, name);
  const declaration = specifier?.getImportDeclaration();
  const remove = specifier !== undefined && !isUsed(file, specifier.getAliasNode()?.getText() ?? name);
  const missing = names.filter((each) => !importOf(file, each.replace(/^type /, '')));
  if (!declaration) {
    if (missing.length > 0)
      importFromFile(file, relativeSpecifier(file, to.getFilePath(), importExtension(file)), missing);
    return;
  }
  const path = throughIndex ? declaration.getModuleSpecifierValue() : siblingSpecifier(declaration, from, to);
  const existing = file.getImportDeclaration(
    (each) => each !== declaration && each.getModuleSpecifierValue() === path,
  );
  const isAlone = remove && declaration.getNamedImports().length === 1 && !declaration.getDefaultImport();
  if (throughIndex && missing.length > 0 && !declaration.isTypeOnly()) {
    declaration.insertNamedImports(declaration.getNamedImports().indexOf(specifier!), missing);
    if (remove) specifier.remove();
    return;
  }
  if (existing && missing.length > 0) addNames(existing, missing);
  const text = !existing && missing.length > 0 ? importText(file, missing, path) : undefined;
  if (isAlone && text !== undefined) declaration.replaceWithText(text);
  else {
    if (text !== undefined) file.insertStatements(declaration.getChildIndex() + 1, text);
    if (isAlone) declaration.remove();
    else if (remove) specifier.remove();
  }
}

/** Keeps the form of a path, be it relative or an alias, its extension included. */
function siblingSpecifier(declaration: ImportDeclaration, from: SourceFile, to: SourceFile): string {
  const specifier = declaration.getModuleSpecifierValue();
  const extension = /\.[cm]?[jt]s$/.exec(specifier)?.[0] ?? '';
  const [fromDirectory, name] = [from.getDirectoryPath(), from.getBaseNameWithoutExtension()];
  const folder = specifier.slice(0, -extension.length || undefined).replace(new RegExp(`${name}$`), '');
  const step = relativeSpecifier(from, to.getFilePath(), '');
  if (fromDirectory === to.getDirectoryPath()) return `${folder}${step.slice(2)}${extension}`;
  if (specifier.startsWith('.'))
    return relativeSpecifier(declaration.getSourceFile(), to.getFilePath(), extension);
  return joined(folder, step) + extension;
}

/** `@/users/services/` and `../users.contract` → `@/users/users.contract`. */
function joined(folder: string, step: string): string {
  const parts = folder.split('/').slice(0, -1);
  for (const part of step.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
