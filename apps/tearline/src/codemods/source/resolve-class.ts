import { type ClassDeclaration, type Expression, Node } from 'ts-morph';

/** Returns the declaration that a name stands for, through imports. */
export function declarationOf(name: Node): Node | undefined {
  const symbol = name.getSymbol();
  return (symbol?.getAliasedSymbol() ?? symbol)?.getDeclarations()[0];
}

/**
 * Returns the class that an element of a module's metadata names: `UsersModule`, `forwardRef(() => UsersModule)`,
 * `UsersModule.register()`, `{ provide: …, useClass: UsersService }`.
 */
export function classOf(expression: Expression): ClassDeclaration | undefined {
  if (Node.isIdentifier(expression)) {
    const declaration = declarationOf(expression);
    return Node.isClassDeclaration(declaration) ? declaration : undefined;
  }
  if (Node.isCallExpression(expression)) {
    const called = expression.getExpression();
    if (Node.isPropertyAccessExpression(called)) return classOf(called.getExpression());
    const [argument] = expression.getArguments();
    const body = Node.isArrowFunction(argument) ? argument.getBody() : undefined;
    return called.getText() === 'forwardRef' && Node.isExpression(body) ? classOf(body) : undefined;
  }
  if (Node.isObjectLiteralExpression(expression)) {
    const property = expression.getProperty('useClass');
    const value = Node.isPropertyAssignment(property) ? property.getInitializer() : undefined;
    return value && classOf(value);
  }
  return undefined;
}

/** Returns the elements of an array, with those of the arrays that it spreads. */
export function elementsOf(expression: Expression | undefined): Expression[] {
  if (Node.isArrayLiteralExpression(expression)) return expression.getElements().flatMap(elementsIn);
  if (Node.isIdentifier(expression)) {
    const declaration = declarationOf(expression);
    if (Node.isVariableDeclaration(declaration)) return elementsOf(declaration.getInitializer());
  }
  return [];
}

function elementsIn(element: Expression): Expression[] {
  if (Node.isSpreadElement(element)) return elementsOf(element.getExpression());
  const nested = Node.isIdentifier(element) ? elementsOf(element) : [];
  return nested.length > 0 ? nested : [element];
}
