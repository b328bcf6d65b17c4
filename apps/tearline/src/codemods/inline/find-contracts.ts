import {
  type ClassDeclaration,
  Node,
  type Project,
  type SourceFile,
  SyntaxKind,
  type TypeAliasDeclaration,
  type VariableDeclaration,
} from 'ts-morph';
import { UsageError } from '../../usage-error.js';
import { ModuleBoundary } from '../extract/module-boundary.js';
import type { NestModule } from '../source/nest-module.js';
import { declarationOf } from '../source/resolve-class.js';

/** A contract that a class of the module implements. */
export interface ImplementedContract {
  readonly service: ClassDeclaration;
  readonly contract: VariableDeclaration;
  /** `type Users = ClientOf<typeof UsersContract>`, where there is one. */
  readonly client: TypeAliasDeclaration | undefined;
  readonly file: SourceFile;
}

/** Finds the classes of a module that are marked with `@Implements()`, and their contracts. */
export function contractsOf(
  project: Project,
  module: NestModule,
  modules: readonly NestModule[],
): ImplementedContract[] {
  const boundary = new ModuleBoundary(module, modules);
  const found = project
    .getSourceFiles()
    .filter((file) => boundary.containsFile(file.getFilePath()))
    .flatMap((file) => file.getClasses())
    .flatMap((service) => {
      const [argument] = service.getDecorator('Implements')?.getArguments() ?? [];
      const contract = argument && declarationOf(argument);
      return Node.isVariableDeclaration(contract) ? [{ service, contract }] : [];
    });
  if (found.length === 0)
    throw new UsageError(
      `${module.name}: no class of ${module.className} is marked with @Implements(), so there is nothing to reverse`,
    );
  return found.map(({ service, contract }) => {
    const file = contract.getSourceFile();
    const client = file.getTypeAliases().find((alias) => isClientOf(alias, contract.getName()));
    return { service, contract, client, file };
  });
}

function isClientOf(alias: TypeAliasDeclaration, contract: string): boolean {
  return alias
    .getDescendantsOfKind(SyntaxKind.TypeQuery)
    .some((query) => query.getExprName().getText() === contract);
}
