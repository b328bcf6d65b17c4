/**
 * The registry of modules: apps, tests, measurements and generators know the modules from here alone. A new module adds
 * one line, after the modules whose ids its sample data refers to.
 */
const modules = await Promise.all([
  import('@tearline/identity'),
  import('@tearline/social'),
  import('@tearline/articles'),
  import('@tearline/comments'),
  import('@tearline/notifications'),
  import('@tearline/media'),
]);

/** Every module's manifest. A manifest loads no code of its module. */
export const manifests = modules.map(({ manifest }) => manifest);

/** Every module's tables and sample data. */
export const moduleData = modules.map(({ data }) => data);

export const moduleNames = manifests.map(({ name }) => name);
