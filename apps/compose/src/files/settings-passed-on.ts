import { manifests } from '@tearline/modules';
import { settingsOfHosts, settingsOfModule } from '@tearline/composition';

/** The image sets it, and an empty value would replace that. */
const OF_THE_IMAGE = 'NODE_ENV';

/**
 * Returns the settings of a host with these modules that the environment of `docker compose` may set: all that compose
 * does not set itself. An empty setting counts as absent.
 */
export function settingsPassedOn(modules: readonly string[]): Record<string, string> {
  const own = manifests.filter(({ name }) => modules.includes(name));
  const settings = [...settingsOfHosts, ...own.flatMap(settingsOfModule)];
  return Object.fromEntries(
    settings
      .filter(({ name, assigned }) => !assigned && name !== OF_THE_IMAGE)
      .map(({ name }) => [name, `\${${name}:-}`]),
  );
}
