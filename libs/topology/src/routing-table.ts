import { compareRoutes, type ModuleManifest } from '@tearline/seam';
import { hostServing, type Topology } from './topology.js';

/** The host that requests for one route go to. */
export interface RoutingEntry {
  /** The pattern in the manifest, e.g. `/api/articles/*`. */
  readonly pattern: string;
  readonly module: string;
  readonly host: string;
}

/**
 * Returns the hosts of all routes, the most specific pattern first: the first entry that matches a path applies. A path that
 * matches none goes to the front host.
 * @throws Error when a pattern is malformed, or two modules have the same one
 */
export function routingTable(topology: Topology, manifests: readonly ModuleManifest[]): RoutingEntry[] {
  const entries = manifests.flatMap(({ name, routes }) => {
    const host = hostServing(topology, name, 'http').name;
    return routes.map((pattern) => ({ pattern, module: name, host }));
  });
  const owners = new Map<string, string>();
  for (const { pattern, module } of entries) {
    if (!/^(\/([\w.~-]+|[*]))*(\/[*]{2})?$/.test(pattern) || pattern === '')
      throw new Error(
        `module '${module}': the route '${pattern}' is not a path pattern such as '/api/articles/*'`,
      );
    const owner = owners.get(pattern);
    if (owner !== undefined)
      throw new Error(`modules '${owner}' and '${module}' both have the route '${pattern}'`);
    owners.set(pattern, module);
  }
  return entries.toSorted((one, other) => compareRoutes(one.pattern, other.pattern));
}
