import type { ModuleManifest } from '@tearline/seam';
import { hostServing, type Topology } from './topology.js';

/** That one module is told of what happens in another. */
export interface ModuleEvents {
  readonly from: string;
  /** The host is the one that handles them. */
  readonly to: { readonly module: string; readonly host: string };
  /** What happens, e.g. `published`. */
  readonly events: readonly string[];
}

/** A queue of background work, and the host that does it. */
export interface ModuleJobs {
  /** `<module>.<work>`. */
  readonly queue: string;
  readonly host: string;
}

/** Which modules are told of which, and where they handle it. */
export function eventsOf(topology: Topology, manifests: readonly ModuleManifest[]): ModuleEvents[] {
  return manifests.flatMap(({ name, subscribes = [] }) => {
    const to = { module: name, host: hostServing(topology, name, 'jobs').name };
    const byPublisher = Map.groupBy(subscribes, ({ publisher }) => publisher);
    return [...byPublisher].map(([from, events]) => ({
      from,
      to,
      events: events.map((event) => event.name.slice(from.length + 1)),
    }));
  });
}

/** Where background work is done. */
export function jobsOf(topology: Topology, manifests: readonly ModuleManifest[]): ModuleJobs[] {
  return manifests.flatMap(({ name, jobs = [] }) =>
    jobs.map((queue) => ({ queue, host: hostServing(topology, name, 'jobs').name })),
  );
}
