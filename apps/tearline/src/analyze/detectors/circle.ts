import { ts } from 'ts-morph';
import { walk } from '../../project/syntax.js';
import type { AnalysisContext } from '../context.js';
import type { Observation } from '../finding.js';

/** `forwardRef` between two modules. */
export function* circles({ nest, services }: AnalysisContext): Iterable<Observation> {
  const { index, ownership } = nest;
  for (const { isForwardRef, module, owner, node, name } of services)
    if (isForwardRef && owner && owner !== module)
      yield { ...observation(module?.name, owner.name), module, other: owner, at: node, subject: name };
  for (const source of index.sources) {
    if (!source.text.includes('forwardRef')) continue;
    const module = ownership.ofNode(source);
    const found: [ts.Node, ts.Node][] = [];
    walk(source, (node) => {
      if (
        !ts.isCallExpression(node) ||
        !ts.isIdentifier(node.expression) ||
        node.expression.text !== 'forwardRef'
      )
        return;
      const [callback] = node.arguments;
      if (callback && ts.isArrowFunction(callback) && !ts.isBlock(callback.body))
        found.push([node, callback.body]);
    });
    for (const [node, target] of found) {
      if (ts.findAncestor(node, ts.isParameter)) continue;
      const declaration = index.resolveEntity(target);
      const other = declaration && ownership.ofDeclaration(declaration);
      if (!other || other === module) continue;
      yield { ...observation(module?.name, other.name), module, other, at: node, subject: declaration.name };
    }
  }
}

const observation = (module: string | undefined, other: string) =>
  ({
    kind: 'circle',
    severity: 'medium',
    why: `${module ?? 'this'} and ${other} need each other (forwardRef), so neither can be extracted alone without calls in both directions`,
  }) as const;
