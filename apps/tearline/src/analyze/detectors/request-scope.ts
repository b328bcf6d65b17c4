import { nameOf } from '../../project/syntax.js';
import type { AnalysisContext } from '../context.js';
import type { Observation } from '../finding.js';
import { isClass } from '../../project/declaration.js';
import { scopeOf } from '../../project/nest-modules.js';

/** Providers that are made for each request, whose request does not cross to another process. */
export function* requestScopes({ nest }: AnalysisContext): Iterable<Observation> {
  const { index, ownership, injections, nestModules } = nest;
  const reported = new Set<unknown>();
  for (const declaration of index.declarations())
    if (isClass(declaration) && scopeOf(declaration) === 'REQUEST') {
      reported.add(declaration);
      yield observation(declaration.name, ownership.ofDeclaration(declaration), declaration.node);
    }
  for (const { providers, declaration } of nestModules)
    for (const { scope, implementation, token, node } of providers)
      if (scope === 'REQUEST' && !reported.has(implementation))
        yield observation(
          typeof token === 'string' ? token : token.name,
          ownership.ofDeclaration(declaration),
          node,
        );
  for (const { decorator, consumer, node } of injections) {
    const [token] = decorator?.args ?? [];
    const name = token && nameOf(token);
    if (reported.has(consumer) || (name !== 'REQUEST' && name !== 'CONTEXT')) continue;
    const from = index.packageOf(name, consumer.source)?.specifier;
    if (from?.startsWith('@nestjs/'))
      yield observation(consumer.name, ownership.ofDeclaration(consumer), node);
  }
}

const observation = (subject: string, module: Observation['module'], at: Observation['at']): Observation => ({
  kind: 'request-scope',
  severity: 'medium',
  module,
  at,
  subject,
  why: `${subject} is made for each HTTP request, and a call from another process has none`,
});
