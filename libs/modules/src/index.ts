import type { EventContract } from '@tearline/seam';

/**
 * The registry of modules: apps, tests, measurements and generators know the modules from here alone. A new module adds
 * one line, after the modules whose ids its sample data refers to.
 */
const modules = await Promise.all([
  import('@tearline/modules/identity'),
  import('@tearline/modules/social'),
  import('@tearline/modules/articles'),
  import('@tearline/modules/comments'),
  import('@tearline/modules/notifications'),
  import('@tearline/modules/media'),
]);

/** Every module's manifest. A manifest loads no code of its module. */
export const manifests = modules.map(({ manifest }) => manifest);

/** The contract by which every host verifies sessions and learns of revoked tokens. */
export { IdentityContract as authority } from '@tearline/modules/identity/contract';

/** Every module's tables and sample data. */
export const moduleData = modules.map(({ data }) => data);

/** By runtime, the modules that exist in it beside Nest: `apps/<module>-<runtime>`. */
export const runtimes: Readonly<Record<'fastapi', readonly string[]>> = { fastapi: ['social'] };

export const moduleNames = manifests.map(({ name }) => name);

/** By module, the events that its contract.ts exports. */
export const declaredEvents: Readonly<Record<string, readonly EventContract[]>> = Object.fromEntries(
  modules.map(({ manifest, declarations }) => [
    manifest.name,
    Object.values<unknown>(declarations).filter(isEvent),
  ]),
);

function isEvent(value: unknown): value is EventContract {
  return typeof value === 'object' && value !== null && 'publisher' in value && 'read' in value;
}
