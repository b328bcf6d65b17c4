import {
  type CallExpression,
  type Expression,
  type Identifier,
  Node,
  type ReferenceFindableNode,
} from 'ts-morph';

/** What is done with a variable, parameter or property that holds a service. */
export type MemberUse =
  | { readonly kind: 'call'; readonly member: string; readonly call: CallExpression }
  /** The method itself, or a property. */
  | { readonly kind: 'access'; readonly member: string; readonly node: Node }
  /** The service as a whole is handed on. */
  | { readonly kind: 'whole'; readonly node: Node };

/** Returns every use of a service through one variable, parameter or property, and through what it is assigned to. */
export function memberUsesOf(holder: Node & ReferenceFindableNode, seen = new Set<Node>()): MemberUse[] {
  if (seen.has(holder)) return [];
  seen.add(holder);
  return holder
    .findReferencesAsNodes()
    .filter((name) => Node.isIdentifier(name))
    .flatMap((name) => useAt(name, holder, seen));
}

function useAt(name: Identifier, holder: Node, seen: Set<Node>): MemberUse[] {
  const expression = serviceExpression(name);
  const parent = expression.getParent();
  if (parent === holder || Node.isParameterDeclaration(parent) || Node.isPropertyDeclaration(parent))
    return [];
  if (Node.isPropertyAccessExpression(parent) && parent.getExpression() === expression)
    return [memberAt(parent.getName(), parent)];
  if (Node.isElementAccessExpression(parent)) return [{ kind: 'whole', node: expression }];
  if (Node.isBinaryExpression(parent))
    return parent.getLeft() === expression ? [] : assigned(parent.getLeft(), expression);
  if (Node.isVariableDeclaration(parent)) {
    const bound = parent.getNameNode();
    if (Node.isIdentifier(bound)) return memberUsesOf(parent, seen);
    if (Node.isObjectBindingPattern(bound))
      return bound.getElements().map((element) => ({
        kind: 'access',
        member: (element.getPropertyNameNode() ?? element.getNameNode()).getText(),
        node: element,
      }));
  }
  return [{ kind: 'whole', node: expression }];
}

/** `this.users = users` keeps the service in a property, whose uses are found through its type. */
function assigned(left: Expression, node: Node): MemberUse[] {
  return Node.isPropertyAccessExpression(left) && Node.isThisExpression(left.getExpression())
    ? []
    : [{ kind: 'whole', node }];
}

/** `users` or `this.users`, without parentheses and `!`. */
function serviceExpression(name: Identifier): Node {
  const access = name.getParent();
  let node: Node = Node.isPropertyAccessExpression(access) && access.getNameNode() === name ? access : name;
  for (let parent = node.getParent(); parent; parent = node.getParent()) {
    if (!Node.isParenthesizedExpression(parent) && !Node.isNonNullExpression(parent)) return node;
    node = parent;
  }
  return node;
}

function memberAt(member: string, access: Node): MemberUse {
  const call = access.getParent();
  return Node.isCallExpression(call) && call.getExpression() === access
    ? { kind: 'call', member, call }
    : { kind: 'access', member, node: access };
}
