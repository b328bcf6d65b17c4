import type { AnalysisContext } from '../context.js';
import type { Observation } from '../finding.js';
import { isClientOfDatabase } from '../infrastructure.js';

/** Services of another module that are injected, and classes of another module that a module provides itself. */
export function* injections({ nest, services, infrastructure }: AnalysisContext): Iterable<Observation> {
  const compositions = new Set(
    nest.nestModules
      .map(({ declaration }) => declaration)
      .filter((each) => nest.ownership.ofDeclaration(each)?.isRoot),
  );
  for (const { module, owner, service, name, node, consumer } of services) {
    if (owner === undefined || owner === module || owner.isRoot || compositions.has(consumer)) continue;
    if (service && isClientOfDatabase(service.node)) continue;
    const isInfrastructure = infrastructure.has(owner);
    yield {
      kind: 'injection',
      severity: isInfrastructure ? 'low' : 'medium',
      module,
      other: owner,
      at: node,
      subject: service?.name ?? name,
      why: `${service?.name ?? name} of ${owner.name} is injected by class, so both must run in one process`,
    };
  }
  for (const { declaration, providers } of nest.nestModules) {
    const module = nest.ownership.ofDeclaration(declaration);
    for (const { implementation, node } of providers) {
      const owner = implementation && nest.ownership.ofDeclaration(implementation);
      if (!implementation || !owner || owner === module || owner.isRoot || module?.isRoot) continue;
      if (isClientOfDatabase(implementation.node)) continue;
      yield {
        kind: 'injection',
        severity: infrastructure.has(owner) ? 'low' : 'medium',
        module,
        other: owner,
        at: node,
        subject: implementation.name,
        why: `${implementation.name} of ${owner.name} is provided here a second time, with all that it injects`,
      };
    }
  }
}
