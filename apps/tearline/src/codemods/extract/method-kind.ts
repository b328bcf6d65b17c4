import { type MethodDeclaration, Node, SyntaxKind } from 'ts-morph';

export interface GuessedKind {
  readonly kind: 'query' | 'command';
  /** Why, for the review of the contract. */
  readonly reason: string;
}

const READS =
  /^(find|get|list|count|exists?|is|has|can|check|search|load|fetch|read|query|verify|compare|resolve|lookup|all|by|calculate|compute|build|format|validate)(?=[A-Z_0-9]|$)/;
const WRITES = new Set(
  (
    'save insert update upsert delete remove softDelete softRemove restore increment decrement create createMany updateMany ' +
    'deleteMany insertMany updateOne deleteOne findOneAndUpdate findOneAndDelete findByIdAndUpdate findByIdAndDelete ' +
    'findOneAndReplace replaceOne bulkWrite persist persistAndFlush flush removeAndFlush nativeInsert nativeUpdate nativeDelete ' +
    'destroy bulkCreate emit emitAsync publish dispatch send sendMail add addBulk set del incr expire transaction $transaction ' +
    '$executeRaw $executeRawUnsafe execute writeFile unlink'
  ).split(' '),
);
/** Collections in memory, on which `set` or `add` has no effect that outlives the call. */
const LOCAL = /^(new )?(Map|Set|URLSearchParams|URL|Headers|WeakMap|WeakSet)\b/;

/** Guesses from a method's name and body whether it has an effect. What is not clear is a command, which is never repeated. */
export function guessKind(method: MethodDeclaration): GuessedKind {
  const write = writeIn(method, new Set());
  if (write) return { kind: 'command', reason: `calls ${write}` };
  return READS.test(method.getName())
    ? { kind: 'query', reason: 'its name asks, and its body writes nothing' }
    : { kind: 'command', reason: 'its name does not tell that it only reads' };
}

/** Returns what a method writes with, itself or through other methods of its class. */
function writeIn(method: MethodDeclaration, seen: Set<MethodDeclaration>): string | undefined {
  if (seen.has(method)) return undefined;
  seen.add(method);
  for (const node of method.getDescendants()) {
    if (Node.isBinaryExpression(node) && node.getOperatorToken().getKind() === SyntaxKind.EqualsToken) {
      if (isOwn(node.getLeft())) return `${node.getLeft().getText()} = …`;
    } else if (Node.isPrefixUnaryExpression(node) || Node.isPostfixUnaryExpression(node)) {
      const changes = [SyntaxKind.PlusPlusToken, SyntaxKind.MinusMinusToken].includes(
        node.getOperatorToken(),
      );
      if (changes && isOwn(node.getOperand())) return node.getText();
    } else if (Node.isCallExpression(node)) {
      const called = node.getExpression();
      if (!Node.isPropertyAccessExpression(called)) continue;
      const [object, name] = [called.getExpression(), called.getName()];
      if (Node.isThisExpression(object)) {
        const own = called.getNameNode().getSymbol()?.getValueDeclaration();
        const write = Node.isMethodDeclaration(own) ? writeIn(own, seen) : undefined;
        if (write) return write;
      } else if (isWrite(object, name)) return `${lastName(object)}.${name}()`;
    }
  }
  return undefined;
}

function isWrite(object: Node, name: string): boolean {
  if (isOwn(object) && /^(push|pop|shift|unshift|splice|clear|set|add|delete)$/.test(name)) return true;
  // A repository's create() and an entity manager's make an object; a Prisma or Mongoose model's writes.
  if (name === 'create' && /(repository|repo|manager|em|jwt\w*)$/i.test(lastName(object))) return false;
  return WRITES.has(name) && (isOwn(object) || !LOCAL.test(object.getType().getText(object)));
}

/** Whether an expression begins with `this`. */
function isOwn(node: Node): boolean {
  if (Node.isThisExpression(node)) return true;
  return (
    (Node.isPropertyAccessExpression(node) || Node.isElementAccessExpression(node)) &&
    isOwn(node.getExpression())
  );
}

const lastName = (node: Node): string =>
  Node.isPropertyAccessExpression(node) ? node.getName() : node.getText().slice(0, 40);
