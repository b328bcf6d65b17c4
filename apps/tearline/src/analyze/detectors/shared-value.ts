import type { Declaration } from '../../project/declaration.js';
import type { AnalysisContext } from '../context.js';
import type { Observation } from '../finding.js';

/** Classes and enums of another module that are imported, apart from what other detectors report in the same file. */
export function* sharedValues({ nest }: AnalysisContext): Iterable<Observation> {
  const { index, ownership, nestModules, injections } = nest;
  const nestClasses = new Set<Declaration>(nestModules.map(({ declaration }) => declaration));
  // Injections are findings of their own, or none.
  const injected = Map.groupBy(injections, ({ consumer }) => consumer.source);
  for (const source of index.sources) {
    const module = ownership.ofNode(source);
    if (module === undefined || module.isRoot) continue;
    for (const [name, { node }] of index.importsOf(source)) {
      const declaration = index.resolve(name, source);
      if (declaration === undefined || (declaration.kind !== 'class' && declaration.kind !== 'enum'))
        continue;
      if (nestClasses.has(declaration)) continue;
      if (injected.get(source)?.some(({ target }) => target === declaration)) continue;
      const other = ownership.ofDeclaration(declaration);
      if (other === undefined || other === module || other.isRoot) continue;
      yield {
        kind: 'shared-value',
        severity: 'low',
        module,
        other,
        at: node,
        subject: declaration.name,
        why: `the ${declaration.kind} ${declaration.name} of ${other.name} is imported, so both must be built and released together`,
      };
    }
  }
}
