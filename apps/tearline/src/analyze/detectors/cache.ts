import { ts } from 'ts-morph';
import { isClass } from '../../project/declaration.js';
import { nameOf } from '../../project/syntax.js';
import type { AnalysisContext } from '../context.js';
import type { Observation } from '../finding.js';

const IN_MEMORY = /^(Map|LRUCache|LRU|NodeCache|TTLCache|Keyv)$/;

/** Caches in the process that several modules share, and those of providers that each process would load. */
export function* caches({ nest, services, infrastructure }: AnalysisContext): Iterable<Observation> {
  const { injections, ownership } = nest;
  const shared = injections.filter(({ name }) => name === 'CACHE_MANAGER' || name === 'Cache');
  if (new Set(shared.map(({ consumer }) => ownership.ofDeclaration(consumer))).size > 1)
    for (const { consumer, node, name } of shared)
      yield {
        kind: 'cache',
        severity: 'low',
        module: ownership.ofDeclaration(consumer),
        at: node,
        subject: name,
        why: 'several modules use one cache: in memory it is not shared by processes, and in a server their keys may collide',
      };
  const injected = new Set(
    services.flatMap(({ service, owner, module }) => (service && owner !== module ? [service] : [])),
  );
  for (const service of injected) {
    if (!isClass(service)) continue;
    const module = ownership.ofDeclaration(service);
    if (module !== undefined && !infrastructure.has(module)) continue;
    for (const member of service.node.members) {
      if (!ts.isPropertyDeclaration(member) || !member.initializer || !ts.isNewExpression(member.initializer))
        continue;
      if (!IN_MEMORY.test(nameOf(member.initializer.expression) ?? '')) continue;
      yield {
        kind: 'cache',
        severity: 'low',
        module,
        at: member,
        subject: `${service.name}.${nameOf(member.name)}`,
        why: `${service.name} keeps values in memory, and each process that loads it has its own`,
      };
    }
  }
}
