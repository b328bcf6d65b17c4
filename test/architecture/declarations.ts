import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const DECLARING = ['contract', 'event'];

/**
 * Lines of modules and apps that fetch what declares contracts and events, outside of a `contract.ts`: what others build
 * on is found in one place. Each as the file and the line's text.
 */
export function strayDeclarations(tree: string): { file: string; line: string }[] {
  const files = globSync('{apps,libs/modules}/**/*.ts', { cwd: tree }).filter(
    (file) => !/[/]src[/]contract[.]ts$|[.](spec|fixture)[.]ts$/.test(file),
  );
  return files.flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(join(tree, file), 'utf8'), ts.ScriptTarget.Latest);
    return source.statements
      .filter(ts.isImportDeclaration)
      .filter(isDeclaring)
      .map((statement) => {
        const { line } = source.getLineAndCharacterOfPosition(statement.getEnd());
        return { file, line: source.text.split('\n')[line]! };
      });
  });
}

function isDeclaring({ moduleSpecifier, importClause }: ts.ImportDeclaration): boolean {
  if ((moduleSpecifier as ts.StringLiteral).text !== '@tearline/seam') return false;
  const bindings = importClause?.namedBindings;
  if (importClause === undefined || bindings === undefined || importClause.isTypeOnly) return false;
  if (ts.isNamespaceImport(bindings)) return true;
  return bindings.elements.some(
    ({ isTypeOnly, propertyName, name }) => !isTypeOnly && DECLARING.includes((propertyName ?? name).text),
  );
}
