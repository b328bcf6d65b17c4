import type { ModuleManifest } from '@tearline/seam';
import { hostServing, type Topology } from '../topology.js';
import { byLiteralness } from './path-pattern.js';

/** Where requests for one pattern of paths go. */
export interface RoutingEntry {
  /** As the manifest has it, e.g. `/api/articles/*`. */
  readonly pattern: string;
  readonly module: string;
  readonly host: string;
}

/**
 * Which host serves which paths. The first entry that matches is the right one; a path that matches none is the front
 * host's.
 * @throws Error when a pattern is none, or two modules claim the same one
 */
export function routingTable(topology: Topology, manifests: readonly ModuleManifest[]): RoutingEntry[] {
  const entries = manifests.flatMap(({ name, routes }) => {
    const host = hostServing(topology, name, 'http').name;
    return routes.map((pattern) => ({ pattern, module: name, host }));
  });
  const owners = new Map<string, string>();
  for (const { pattern, module } of entries) {
    if (!/^(\/([\w.~-]+|[*]))*(\/[*]{2})?$/.test(pattern) || pattern === '')
      throw new Error(`module '${module}' has the route '${pattern}', which is no pattern of paths`);
    const owner = owners.get(pattern);
    if (owner !== undefined) throw new Error(`'${owner}' and '${module}' both claim the route '${pattern}'`);
    owners.set(pattern, module);
  }
  return entries.toSorted((one, other) => byLiteralness(one.pattern, other.pattern));
}
