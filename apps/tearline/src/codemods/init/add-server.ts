import { type CallExpression, Node, type SourceFile, SyntaxKind } from 'ts-morph';
import { importFromPackage } from '../source/module-specifiers.js';

/**
 * Adds the server of the contracts to the entry file, before the application listens: by then its middleware is in place.
 * @returns false when the place for it was not found
 */
export function addServer(main: SourceFile, create: CallExpression): boolean {
  if (
    main
      .getDescendantsOfKind(SyntaxKind.CallExpression)
      .some((call) => call.getExpression().getText() === 'seamServer')
  )
    return true;
  const variable = create.getFirstAncestor(Node.isVariableDeclaration)?.getName();
  const listen = main
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .find((call) => call.getExpression().getText() === `${variable}.listen`);
  const statement = listen?.getFirstAncestor((node) => Node.isStatement(node) && isInList(node));
  const list = statement?.getParent();
  if (!statement || !(Node.isBlock(list) || Node.isSourceFile(list)) || !mayAwait(statement)) return false;
  list.insertStatements(statement.getChildIndex(), `await seamServer(${variable});`);
  importFromPackage(main, '@tearline/seam', ['seamServer']);
  return true;
}

const isInList = (node: Node) => Node.isBlock(node.getParent()) || Node.isSourceFile(node.getParent());

function mayAwait(statement: Node): boolean {
  const inside = statement.getFirstAncestor(
    (node) =>
      Node.isFunctionDeclaration(node) ||
      Node.isArrowFunction(node) ||
      Node.isFunctionExpression(node) ||
      Node.isMethodDeclaration(node),
  );
  if (inside === undefined) return true;
  return (inside as { isAsync?: () => boolean }).isAsync?.() ?? false;
}
