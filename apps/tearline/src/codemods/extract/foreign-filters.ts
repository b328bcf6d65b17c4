import { type ClassDeclaration, type Expression, Node, type Project } from 'ts-morph';
import type { Finding } from '../finding.js';
import { isTest } from '../source/is-test.js';
import { locationOf } from '../source/location.js';
import { classOf } from '../source/resolve-class.js';
import type { ModuleBoundary } from './module-boundary.js';

/** Exception filters outside of a module that wait for errors which no longer reach them, since they do not cross a contract. */
export function foreignFilters(project: Project, boundary: ModuleBoundary, root: string): Finding[] {
  return project
    .getSourceFiles()
    .filter((file) => !isTest(file.getFilePath()) && !boundary.containsFile(file.getFilePath()))
    .flatMap((file) => file.getClasses())
    .flatMap((filter) => {
      const caught =
        filter
          .getDecorator('Catch')
          ?.getArguments()
          .filter((each) => Node.isExpression(each)) ?? [];
      const lost = caught.filter((each) => !crosses(each)).map((each) => each.getText());
      if (lost.length === 0) return [];
      return {
        where: locationOf(filter, root),
        what: `${filter.getName()} catches ${lost.join(' and ')}, which does not cross a contract: callers get an unexpected error, with status 500`,
        wayOut: 'if the extracted methods throw it, catch it there and throw an HttpException',
        stops: false,
      };
    });
}

/** Whether an error arrives as itself: exceptions of Nest, and classes that extend one. */
function crosses(error: Expression): boolean {
  const declaration = classOf(error);
  return declaration ? lineage(declaration).some(isOfNest) : error.getText().endsWith('Exception');
}

function lineage(declaration: ClassDeclaration): ClassDeclaration[] {
  const base = declaration.getBaseClass();
  return base ? [declaration, ...lineage(base)] : [declaration];
}

function isOfNest(declaration: ClassDeclaration): boolean {
  return (
    declaration.getSourceFile().getFilePath().includes('/node_modules/@nestjs/') ||
    // Its package is not installed.
    (declaration.getExtends()?.getText().endsWith('Exception') ?? false)
  );
}
