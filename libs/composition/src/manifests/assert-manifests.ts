import type { Contract, EventContract, ModuleManifest } from '@tearline/seam';
import { manifestProblems } from './manifest-problems.js';

/**
 * Compares the manifests of modules with their code, before anything starts.
 * @param declared by module, the events that its contract.ts exports
 * @param authority the contract by which hosts verify sessions
 * @throws Error that names everything that is missing, and the line to add
 */
export async function assertManifests(
  modules: readonly ModuleManifest[],
  declared: Readonly<Record<string, readonly EventContract[]>>,
  authority?: Contract,
): Promise<void> {
  const problems = await Promise.all(
    modules.map(async (manifest) =>
      manifestProblems(manifest, await manifest.load(), declared[manifest.name] ?? [], authority),
    ),
  );
  if (problems.flat().length > 0) throw new Error(problems.flat().join('\n'));
}
