import type { ModuleManifest } from '@tearline/seam';
import { hostServing, type Topology } from './topology.js';

/** The events of one module that another one handles. */
export interface ModuleSubscription {
  readonly from: string;
  /** The host is the one that handles the events. */
  readonly to: { readonly module: string; readonly host: string };
  /** Their names without the publisher, e.g. `published`. */
  readonly events: readonly string[];
}

/** A queue of background jobs, and the host that runs them. */
export interface ModuleJobs {
  /** `<module>.<job>` */
  readonly queue: string;
  readonly host: string;
}

export function subscriptionsOf(
  topology: Topology,
  manifests: readonly ModuleManifest[],
): ModuleSubscription[] {
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

export function jobsOf(topology: Topology, manifests: readonly ModuleManifest[]): ModuleJobs[] {
  return manifests.flatMap(({ name, jobs = [] }) =>
    jobs.map((queue) => ({ queue, host: hostServing(topology, name, 'jobs').name })),
  );
}
