import { ts } from 'ts-morph';
import { isClass } from '../../project/declaration.js';
import { unwrap, walk } from '../../project/syntax.js';
import type { AnalysisContext } from '../context.js';
import type { Observation } from '../finding.js';
import { isClientOfDatabase } from '../infrastructure.js';
import { memberCall } from './member-calls.js';

/** Functions, and the caller itself, that are handed to a service of another module. */
export function* callbacks(context: AnalysisContext): Iterable<Observation> {
  const { nest, infrastructure } = context;
  for (const declaration of nest.index.declarations()) {
    if (!isClass(declaration)) continue;
    const module = nest.ownership.ofDeclaration(declaration);
    const members = context.membersOf(declaration.node);
    if (members.size === 0) continue;
    const found: Observation[] = [];
    walk(declaration.node, (node) => {
      const called = memberCall(node);
      const injected = called && members.get(called.member);
      const owner = injected?.owner;
      if (!called || !injected || !owner || owner === module) return;
      if (injected.service && isClientOfDatabase(injected.service.node)) return;
      const handed = called.call.arguments.map(unwrap).find(isFunction);
      if (handed === undefined) return;
      const what = handed.kind === ts.SyntaxKind.ThisKeyword ? 'itself' : 'a function';
      found.push({
        kind: 'callback',
        severity: infrastructure.has(owner) ? 'low' : 'high',
        module,
        other: owner,
        at: node,
        subject: `${injected.service?.name ?? injected.name}.${called.method}`,
        why: `it hands ${what} to ${called.method} of ${owner.name}, which no call between processes can carry`,
      });
    });
    yield* found;
  }
}

const isFunction = (node: ts.Node) =>
  node.kind === ts.SyntaxKind.ThisKeyword ||
  ts.isArrowFunction(node) ||
  ts.isFunctionExpression(node) ||
  (ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.name.text === 'bind');
