import {
  type Decorator,
  type Expression,
  type Identifier,
  Node,
  type ParameterDeclaration,
  type PropertyAccessExpression,
  type PropertyDeclaration,
} from 'ts-morph';

/** A place that names a contract or the type of its client. */
export type ContractUse =
  /** `@Seam(UsersContract)`. */
  | {
      readonly kind: 'injection';
      readonly decorator: Decorator;
      readonly target: ParameterDeclaration | PropertyDeclaration;
    }
  /** `@Implements(UsersContract)`. */
  | { readonly kind: 'mark'; readonly decorator: Decorator }
  /** `UsersContract.token`. */
  | { readonly kind: 'token'; readonly access: PropertyAccessExpression }
  /** `{ provide: UsersContract.token, useExisting: UsersService }` in a test. */
  | { readonly kind: 'alias'; readonly element: Expression }
  | { readonly kind: 'type'; readonly name: Identifier }
  | { readonly kind: 'import' }
  | { readonly kind: 'obstacle'; readonly name: Identifier };

export function contractUseAt(name: Identifier): ContractUse {
  const parent = name.getParent();
  if (Node.isImportSpecifier(parent) || Node.isExportSpecifier(parent)) return { kind: 'import' };
  if (Node.isTypeReference(parent)) return { kind: 'type', name };
  const decorator = name.getFirstAncestor(Node.isDecorator);
  const target = decorator?.getParent();
  if (decorator?.getName() === 'Implements') return { kind: 'mark', decorator };
  if (
    decorator?.getName() === 'Seam' &&
    (Node.isParameterDeclaration(target) || Node.isPropertyDeclaration(target))
  )
    return { kind: 'injection', decorator, target };
  if (Node.isPropertyAccessExpression(parent) && parent.getName() === 'token') {
    const element = parent.getParent()?.getParent();
    const isAlias =
      Node.isObjectLiteralExpression(element) &&
      element.getProperty('useExisting') !== undefined &&
      Node.isArrayLiteralExpression(element.getParent());
    return isAlias ? { kind: 'alias', element } : { kind: 'token', access: parent };
  }
  return { kind: 'obstacle', name };
}
