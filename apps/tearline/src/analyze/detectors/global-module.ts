import type { AnalysisContext } from '../context.js';
import type { Observation } from '../finding.js';

/** Modules that others use without importing them. */
export function* globalModules({ nest, infrastructure }: AnalysisContext): Iterable<Observation> {
  for (const { name, declaration, global } of nest.nestModules) {
    const module = nest.ownership.ofDeclaration(declaration);
    if (global === undefined || module === undefined || module.isRoot) continue;
    yield {
      kind: 'global-module',
      severity: infrastructure.has(module) ? 'low' : 'medium',
      module,
      at: global,
      subject: name,
      why: `${name} is global: its providers are injected without an import that shows it`,
    };
  }
}
