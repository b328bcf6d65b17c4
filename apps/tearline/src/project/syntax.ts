import { ts } from 'ts-morph';

/** Calls a function for a node and all nodes in it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** 1-based line of a node's first token. */
export const lineOf = (node: ts.Node): number => {
  const source = node.getSourceFile();
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
};

/** A decorator as it is written: its name, and its arguments if it is called. */
export interface DecoratorSyntax {
  readonly name: string;
  readonly args: readonly ts.Expression[];
  readonly node: ts.Decorator;
}

export function decoratorsOf(node: ts.Node): DecoratorSyntax[] {
  const decorators = ts.canHaveDecorators(node) ? (ts.getDecorators(node) ?? []) : [];
  return decorators.flatMap((decorator) => {
    const { expression } = decorator;
    const called = ts.isCallExpression(expression) ? expression.expression : expression;
    const name = nameOf(called);
    return name === undefined
      ? []
      : [{ name, args: ts.isCallExpression(expression) ? [...expression.arguments] : [], node: decorator }];
  });
}

/** The last name of an identifier or a chain of properties: `b` of `a.b`. */
export function nameOf(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isQualifiedName(node)) return node.right.text;
  return ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** The value of a property of an object literal; for a method or a shorthand, the property itself or its name. */
export function propertyOf(object: ts.Node | undefined, name: string): ts.Node | undefined {
  if (object === undefined || !ts.isObjectLiteralExpression(object)) return undefined;
  for (const property of object.properties) {
    if (property.name === undefined || nameOf(property.name) !== name) continue;
    if (ts.isPropertyAssignment(property)) return property.initializer;
    return ts.isShorthandPropertyAssignment(property) ? property.name : property;
  }
  return undefined;
}

/** Without parentheses, `as`, `satisfies`, `!` and `await`. */
export function unwrap(node: ts.Node): ts.Node {
  return ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAwaitExpression(node)
    ? unwrap(node.expression)
    : node;
}

/** What a function returns when it has one expression: the body of `() => X`, the argument of its only `return`. */
export function returnedBy(node: ts.Node): ts.Node | undefined {
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node) && !ts.isMethodDeclaration(node))
    return undefined;
  if (node.body === undefined) return undefined;
  if (!ts.isBlock(node.body)) return unwrap(node.body);
  const returns = node.body.statements.find(ts.isReturnStatement);
  return returns?.expression && unwrap(returns.expression);
}
