import { ts } from 'ts-morph';
import { unwrap } from '../../project/syntax.js';

/** `this.users.find(id)`: a call of a method of a member, or of a parameter of the constructor. */
export interface MemberCall {
  readonly member: string;
  readonly method: string;
  readonly call: ts.CallExpression;
}

export function memberCall(node: ts.Node): MemberCall | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { expression, name } = node.expression;
  const object = unwrap(expression);
  const member =
    ts.isPropertyAccessExpression(object) && object.expression.kind === ts.SyntaxKind.ThisKeyword
      ? object.name.text
      : ts.isIdentifier(object)
        ? object.text
        : undefined;
  return member === undefined ? undefined : { member, method: name.text, call: node };
}
