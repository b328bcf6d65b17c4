import { ts } from 'ts-morph';
import { isClass } from '../../project/declaration.js';
import { decoratorsOf, nameOf, unwrap, walk } from '../../project/syntax.js';
import type { AnalysisContext } from '../context.js';
import type { ServiceInjection } from '../service-injection.js';
import type { Observation } from '../finding.js';
import { isClientOfDatabase } from '../infrastructure.js';
import { memberCall } from './member-calls.js';

const OPENS =
  /^(\$?transaction|transactional|withTransaction|runInTransaction|runTransaction|inTransaction)$/;
const TYPES =
  /^(EntityManager|SqlEntityManager|MongoEntityManager|QueryRunner|ClientSession|TransactionClient|Transaction|PrismaTransaction\w*|PrismaTx)$/;
const STARTS = /^(createQueryRunner|startSession|transaction|\$begin)$/;

/** Transactions that other modules take part in: handed over as an argument, opened around their calls, or over their entities. */
export function* transactions(context: AnalysisContext): Iterable<Observation> {
  const { nest } = context;
  for (const declaration of nest.index.declarations()) {
    if (!isClass(declaration)) continue;
    const module = nest.ownership.ofDeclaration(declaration);
    const members = context.membersOf(declaration.node);
    const other = (name: string) => foreign(members.get(name), module, context);
    for (const method of declaration.node.members) {
      if (
        !ts.isMethodDeclaration(method) &&
        !ts.isPropertyDeclaration(method) &&
        !ts.isConstructorDeclaration(method)
      )
        continue;
      if (!/transaction|manager|session|runner|\btx\b|trx/i.test(method.getText())) continue;
      const handles = handlesIn(method);
      const spans = spansIn(method);
      const found: Observation[] = [];
      walk(method, (node) => {
        const called = memberCall(node);
        const injected = called && other(called.member);
        if (!called || !injected) return;
        const subject = `${injected.service?.name ?? injected.name}.${called.method}`;
        const at = { kind: 'transaction', module, other: injected.owner, at: node, subject } as const;
        if (called.call.arguments.some((argument) => hands(argument, handles)))
          found.push({
            ...at,
            severity: 'high',
            why: `a transaction is handed over to ${subject} of ${injected.owner!.name}`,
          });
        else if (spans.some((span) => span === method || ts.findAncestor(node, (each) => each === span)))
          found.push({
            ...at,
            severity: 'medium',
            why: `${subject} of ${injected.owner!.name} is called while a transaction is open`,
          });
      });
      yield* found;
    }
  }
  yield* overEntities(context);
}

function foreign(
  injected: ServiceInjection | undefined,
  module: Observation['module'],
  { infrastructure }: AnalysisContext,
) {
  if (!injected?.owner || injected.owner === module || infrastructure.has(injected.owner)) return undefined;
  return injected.service && isClientOfDatabase(injected.service.node) ? undefined : injected;
}

/** Names of variables and parameters that are transactions. */
function handlesIn(method: ts.Node): Set<string> {
  const names = new Set<string>();
  walk(method, (node) => {
    if (ts.isParameter(node) && node.type && isHandleType(node.type)) names.add(nameOf(node.name) ?? '');
    if (ts.isVariableDeclaration(node) && node.initializer) {
      const value = unwrap(node.initializer);
      if (ts.isCallExpression(value) && STARTS.test(nameOf(value.expression) ?? ''))
        names.add(nameOf(node.name) ?? '');
      if (
        ts.isPropertyAccessExpression(value) &&
        ts.isIdentifier(value.expression) &&
        names.has(value.expression.text)
      )
        names.add(nameOf(node.name) ?? '');
    }
    if (isTransactionCall(node))
      for (const argument of node.arguments)
        if (ts.isFunctionLike(argument))
          for (const { name } of argument.parameters) names.add(nameOf(name) ?? '');
  });
  names.delete('');
  return names;
}

function isHandleType(type: ts.TypeNode): boolean {
  if (ts.isUnionTypeNode(type)) return type.types.some(isHandleType);
  return ts.isTypeReferenceNode(type) && TYPES.test(nameOf(type.typeName) ?? '');
}

const isTransactionCall = (node: ts.Node): node is ts.CallExpression =>
  ts.isCallExpression(node) && OPENS.test(nameOf(node.expression) ?? '');

/** Functions in which a transaction is open. */
function spansIn(method: ts.Node): ts.Node[] {
  const isTransactional = decoratorsOf(method).some(
    ({ name }) => name === 'Transactional' || name === 'Transaction',
  );
  const spans: ts.Node[] = isTransactional ? [method] : [];
  walk(method, (node) => {
    if (isTransactionCall(node)) spans.push(...node.arguments.filter((each) => ts.isFunctionLike(each)));
  });
  return spans;
}

/** `manager`, `{ session }`, `{ transaction: t }`, `runner.manager`. */
function hands(argument: ts.Expression, handles: Set<string>): boolean {
  const node = unwrap(argument);
  if (ts.isIdentifier(node)) return handles.has(node.text);
  if (ts.isPropertyAccessExpression(node))
    return ts.isIdentifier(node.expression) && handles.has(node.expression.text);
  return (
    ts.isObjectLiteralExpression(node) &&
    node.properties.some((property) =>
      ts.isShorthandPropertyAssignment(property)
        ? handles.has(property.name.text)
        : ts.isPropertyAssignment(property) && hands(property.initializer, handles),
    )
  );
}

/** Entities of another module that are written in a transaction which this module opens. */
function* overEntities({ uses, ownerOf }: AnalysisContext): Iterable<Observation> {
  for (const { entity, access, module, node } of uses) {
    const other = ownerOf(entity);
    if (access !== 'write' || !other || other === module) continue;
    const isInside = ts.findAncestor(node, (each) => isTransactionCall(each) || isTransactionalMethod(each));
    if (!isInside) continue;
    yield {
      kind: 'transaction',
      severity: 'high',
      module,
      other,
      at: node,
      subject: entity.name,
      why: `${entity.name} of ${other.name} is written in a transaction that is opened here`,
    };
  }
}

const isTransactionalMethod = (node: ts.Node) =>
  ts.isMethodDeclaration(node) && decoratorsOf(node).some(({ name }) => name === 'Transactional');
