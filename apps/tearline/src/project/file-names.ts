import { ts } from 'ts-morph';
import type { Declaration, DeclarationKind } from './declaration.js';

/** Where an imported name comes from. */
export interface ImportedName {
  readonly specifier: string;
  /** The name in the other file; `default`, or `*` for a namespace. */
  readonly imported: string;
  readonly isTypeOnly: boolean;
  readonly node: ts.Node;
}

/** The names at the top level of one file. */
export interface FileNames {
  readonly source: ts.SourceFile;
  readonly declarations: ReadonlyMap<string, Declaration>;
  readonly imports: ReadonlyMap<string, ImportedName>;
  /** Exported name → its name in this file, or in another one. */
  readonly exports: ReadonlyMap<string, { readonly name: string; readonly specifier?: string }>;
  readonly starExports: readonly string[];
}

/** Reads the names of a file from its syntax. */
export function namesIn(source: ts.SourceFile): FileNames {
  const declarations = new Map<string, Declaration>();
  const imports = new Map<string, ImportedName>();
  const exports = new Map<string, { name: string; specifier?: string }>();
  const starExports: string[] = [];
  const declare = (name: string, kind: DeclarationKind, node: ts.Node) => {
    // A type may share its name with a value, which is what code refers to.
    if (kind !== 'type' || !declarations.has(name)) declarations.set(name, { name, kind, source, node });
  };
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) addImports(statement, imports);
    else if (ts.isExportDeclaration(statement)) addExports(statement, exports, starExports);
    else if (ts.isExportAssignment(statement) && ts.isIdentifier(statement.expression))
      exports.set('default', { name: statement.expression.text });
    else if (ts.isVariableStatement(statement)) {
      for (const variable of statement.declarationList.declarations)
        if (ts.isIdentifier(variable.name)) declare(variable.name.text, 'variable', variable);
    } else {
      const kind = kindOf(statement);
      if (kind === undefined) continue;
      const named = statement as ts.ClassDeclaration | ts.EnumDeclaration;
      const name = named.name?.text ?? 'default';
      declare(name, kind, statement);
      if (named.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword))
        exports.set('default', { name });
    }
  }
  return { source, declarations, imports, exports, starExports };
}

function kindOf(statement: ts.Statement): DeclarationKind | undefined {
  if (ts.isClassDeclaration(statement)) return 'class';
  if (ts.isEnumDeclaration(statement)) return 'enum';
  if (ts.isFunctionDeclaration(statement)) return 'function';
  return ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) ? 'type' : undefined;
}

function addImports({ importClause, moduleSpecifier }: ts.ImportDeclaration, to: Map<string, ImportedName>) {
  if (importClause === undefined || !ts.isStringLiteral(moduleSpecifier)) return;
  const specifier = moduleSpecifier.text;
  const isTypeOnly = importClause.isTypeOnly;
  const { name, namedBindings } = importClause;
  if (name) to.set(name.text, { specifier, imported: 'default', isTypeOnly, node: name });
  if (namedBindings === undefined) return;
  if (ts.isNamespaceImport(namedBindings))
    to.set(namedBindings.name.text, { specifier, imported: '*', isTypeOnly, node: namedBindings });
  else
    for (const element of namedBindings.elements)
      to.set(element.name.text, {
        specifier,
        imported: (element.propertyName ?? element.name).text,
        isTypeOnly: isTypeOnly || element.isTypeOnly,
        node: element,
      });
}

function addExports(
  { exportClause, moduleSpecifier }: ts.ExportDeclaration,
  to: Map<string, { name: string; specifier?: string }>,
  stars: string[],
) {
  const specifier = moduleSpecifier && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : undefined;
  if (exportClause === undefined) {
    if (specifier !== undefined) stars.push(specifier);
  } else if (ts.isNamedExports(exportClause))
    for (const { name, propertyName } of exportClause.elements)
      to.set(name.text, { name: (propertyName ?? name).text, ...(specifier !== undefined && { specifier }) });
}
