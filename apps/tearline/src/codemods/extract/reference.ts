import {
  type ArrayLiteralExpression,
  type CallExpression,
  type Identifier,
  Node,
  type ParameterDeclaration,
  type PropertyDeclaration,
} from 'ts-morph';
import { isTest } from '../source/is-test.js';

/** A place where code outside of a module names one of its services. */
export type Reference =
  | { readonly kind: 'injection'; readonly name: Identifier; readonly target: InjectionTarget }
  /** In `inject: [UsersService]` of a factory. */
  | { readonly kind: 'factory'; readonly name: Identifier; readonly list: ArrayLiteralExpression }
  /** In `provide: UsersService` of a test. */
  | { readonly kind: 'double'; readonly name: Identifier }
  /** In `moduleRef.get(UsersService)`. */
  | { readonly kind: 'lookup'; readonly name: Identifier; readonly call: CallExpression }
  | { readonly kind: 'type'; readonly name: Identifier }
  /** In `providers: [UsersService]` of another module, or of a test. */
  | { readonly kind: 'provider'; readonly name: Identifier; readonly list: ArrayLiteralExpression }
  /** May stay: an import, a type of a method, the use in a test. */
  | { readonly kind: 'harmless'; readonly name: Identifier }
  | { readonly kind: 'obstacle'; readonly name: Identifier; readonly what: string; readonly wayOut: string };

export type InjectionTarget = ParameterDeclaration | PropertyDeclaration;

/** Tells what a name outside of the module is there for. */
export function referenceAt(name: Identifier): Reference {
  const inTest = isTest(name.getSourceFile().getFilePath());
  const parent = name.getParent();
  if (Node.isImportSpecifier(parent) || Node.isImportClause(parent) || Node.isExportSpecifier(parent))
    return { kind: 'harmless', name };
  const target = injectionOf(name);
  if (target) return { kind: 'injection', name, target };
  if (Node.isExpressionWithTypeArguments(parent)) return heritage(name);
  if (Node.isTypeReference(parent))
    return { kind: Node.isIndexedAccessTypeNode(parent.getParent()) ? 'harmless' : 'type', name };
  if (Node.isTypeQuery(parent)) return { kind: 'harmless', name };
  if (Node.isPropertyAssignment(parent)) return inProvider(name, parent.getName(), inTest);
  if (Node.isArrayLiteralExpression(parent)) return inList(name, parent, inTest);
  if (Node.isCallExpression(parent)) return inCall(name, parent, inTest);
  if (inTest) return { kind: 'harmless', name };
  if (Node.isNewExpression(parent))
    return obstacle(name, 'makes an instance of it', 'have it injected, so that the seam can stand between');
  if (Node.isPropertyAccessExpression(parent))
    return obstacle(
      name,
      `uses its static member ${parent.getName()}`,
      'move the member to a file of its own that both modules import',
    );
  return obstacle(name, 'uses the class as a value', 'use its methods only, on an injected instance');
}

/** The parameter or property that Nest injects the service into, if this name is its type or its token. */
function injectionOf(name: Identifier): InjectionTarget | undefined {
  const decorator = name.getFirstAncestor(Node.isDecorator);
  const holder = decorator?.getName() === 'Inject' ? decorator.getParent() : name.getParent()?.getParent();
  if (!Node.isParameterDeclaration(holder) && !Node.isPropertyDeclaration(holder)) return undefined;
  if (!decorator && holder.getTypeNode() !== name.getParent()) return undefined;
  if (Node.isPropertyDeclaration(holder)) return holder.getDecorator('Inject') ? holder : undefined;
  const constructor = holder.getParent();
  return Node.isConstructorDeclaration(constructor) && isInjected(constructor.getParent())
    ? holder
    : undefined;
}

/** Nest reads constructor types of decorated classes only. */
const isInjected = (declaration: Node) =>
  Node.isClassDeclaration(declaration) &&
  (declaration.getDecorators().length > 0 || isBaseClass(declaration));

const isBaseClass = (declaration: Node) =>
  Node.isClassDeclaration(declaration) && declaration.getDerivedClasses().length > 0;

function heritage(name: Identifier): Reference {
  const clause = name.getFirstAncestor(Node.isHeritageClause);
  return clause?.getText().startsWith('implements')
    ? { kind: 'harmless', name }
    : obstacle(name, 'extends it', 'inject it instead, and forward the methods that are needed');
}

function inProvider(name: Identifier, key: string, inTest: boolean): Reference {
  if (inTest) return { kind: key === 'provide' ? 'double' : 'harmless', name };
  if (key === 'provide')
    return obstacle(
      name,
      'provides it in another way',
      'leave it to its own module to provide it; a module that needs another one can provide that under a token of its own',
    );
  return obstacle(
    name,
    `provides it under another token (${key})`,
    'inject the class itself, then extract again',
  );
}

function inList(name: Identifier, list: ArrayLiteralExpression, inTest: boolean): Reference {
  const property = list.getParent();
  const key = Node.isPropertyAssignment(property) ? property.getName() : '';
  if (key === 'providers') return { kind: 'provider', name, list };
  if (key === 'inject') return { kind: 'factory', name, list };
  if (inTest) return { kind: 'harmless', name };
  if (key === 'exports')
    return obstacle(name, 'exports it again', 'export it from its own module only, and import that');
  return obstacle(name, 'lists the class', 'use its methods only, on an injected instance');
}

function inCall(name: Identifier, call: CallExpression, inTest: boolean): Reference {
  const called = call.getExpression();
  const method = Node.isPropertyAccessExpression(called) ? called.getName() : called.getText();
  if (method === 'get' || method === 'resolve') return { kind: 'lookup', name, call };
  if (inTest) return { kind: 'harmless', name };
  return obstacle(
    name,
    `passes the class to ${method}()`,
    'have it injected, so that the seam can stand between',
  );
}

const obstacle = (name: Identifier, what: string, wayOut: string): Reference => ({
  kind: 'obstacle',
  name,
  what,
  wayOut,
});
