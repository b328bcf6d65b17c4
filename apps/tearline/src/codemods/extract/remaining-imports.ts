import { type ClassDeclaration, Node, type ParameterDeclaration, type SourceFile } from 'ts-morph';
import type { NestModule } from '../source/nest-module.js';
import { classOf, declarationOf } from '../source/resolve-class.js';
import type { ModuleBoundary } from './module-boundary.js';

interface Context {
  readonly module: NestModule;
  readonly modules: readonly NestModule[];
  readonly boundary: ModuleBoundary;
  readonly extracted: readonly ClassDeclaration[];
}

/**
 * Tells what a module still needs from the extracted one, so that it must go on importing it.
 * @returns descriptions, as `UserRepository (src/orders/orders.service.ts)`
 */
export function remainingNeeds(caller: NestModule, context: Context): string[] {
  const members = [...caller.classes('providers'), ...caller.classes('controllers')];
  const enhancers = members.flatMap((member) => enhancersOf(member, context.boundary));
  return [...new Set([...members, ...enhancers])].flatMap((member) =>
    (member.getConstructors()[0]?.getParameters() ?? []).flatMap((parameter) => {
      const need = needOf(parameter, caller, context);
      return need ? `${need}, for ${member.getName()}` : [];
    }),
  );
}

/** Guards and the like of the extracted module that a class uses. */
function enhancersOf(member: ClassDeclaration, boundary: ModuleBoundary): ClassDeclaration[] {
  const decorators = [member, ...member.getMethods()].flatMap((each) => each.getDecorators());
  return decorators
    .filter((decorator) => /^Use(Guards|Interceptors|Pipes|Filters)$/.test(decorator.getName()))
    .flatMap((decorator) => decorator.getArguments())
    .flatMap((argument) => (Node.isExpression(argument) ? (classOf(argument) ?? []) : []))
    .filter((declaration) => boundary.containsFile(declaration.getSourceFile().getFilePath()));
}

function needOf(parameter: ParameterDeclaration, caller: NestModule, context: Context): string | undefined {
  const { boundary, extracted, module, modules } = context;
  const isOurs = (file: SourceFile) => boundary.containsFile(file.getFilePath());
  const decorator = parameter.getDecorators().find((each) => each.getName().startsWith('Inject'));
  const token = decorator?.getArguments()[0];
  const named = token && Node.isExpression(token) ? (classOf(token) ?? declarationOf(token)) : undefined;
  if (decorator && decorator.getName() !== 'Inject') {
    const isImported =
      token !== undefined &&
      caller.elements('imports').some((each) => each.getText().includes(token.getText()));
    return named && isOurs(named.getSourceFile()) && !isImported ? decorator.getText() : undefined;
  }
  const type = parameter.getTypeNode();
  const declaration = named ?? (Node.isTypeReference(type) ? declarationOf(type.getTypeName()) : undefined);
  if (!declaration || extracted.includes(declaration as ClassDeclaration)) return undefined;
  const file = declaration.getSourceFile();
  if (isOurs(file)) return token?.getText() ?? type?.getText();
  const exported = module.classes('exports');
  const own = caller.classes('imports');
  if (file.isInNodeModules() || file.isFromExternalLibrary()) {
    const isOfPackage = (each: ClassDeclaration) => packageOf(each.getSourceFile()) === packageOf(file);
    return exported.some(isOfPackage) && !own.some(isOfPackage) ? type?.getText() : undefined;
  }
  const owner = modules.find((each) => each.includes('providers', declaration as ClassDeclaration));
  return owner && exported.includes(owner.declaration) && !own.includes(owner.declaration)
    ? type?.getText()
    : undefined;
}

const packageOf = (file: SourceFile): string | undefined =>
  /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(file.getFilePath())?.[1];
