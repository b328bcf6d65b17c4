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

/** Every module's tables and sample data. */
export const moduleData = modules.map(({ data }) => data);

export const moduleNames = manifests.map(({ name }) => name);
