import type { AnalysisContext } from '../context.js';
import type { Observation } from '../finding.js';

/** Entities of another module that are read, written or registered. */
export function* dataAccess({ uses, ownerOf }: AnalysisContext): Iterable<Observation> {
  for (const { entity, access, module, node } of uses) {
    const owner = ownerOf(entity);
    if (owner === undefined || owner === module) continue;
    const does = access === 'repository' ? 'gets the repository of' : access === 'write' ? 'writes' : 'reads';
    yield {
      kind: 'data-access',
      severity: 'high',
      module,
      other: owner,
      at: node,
      subject: entity.name,
      why: `it ${does} ${entity.name}, which belongs to ${owner.name}`,
    };
  }
}
