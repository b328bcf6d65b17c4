import type { AnalysisContext } from '../context.js';
import type { Observation } from '../finding.js';

/** Relations between entities of two modules. */
export function* relations({ entities, ownerOf }: AnalysisContext): Iterable<Observation> {
  for (const entity of entities.all) {
    const module = ownerOf(entity);
    if (module === undefined) continue;
    for (const { name, target, at, isInverse } of entity.relations) {
      const other = ownerOf(target);
      if (isInverse || other === undefined || other === module) continue;
      yield {
        kind: 'relation',
        severity: 'high',
        module,
        other,
        at,
        subject: `${entity.name}.${name}: ${target.name}`,
        why: `${entity.name}.${name} refers to ${target.name} of ${other.name}, so both tables must be in one database`,
      };
    }
  }
}
