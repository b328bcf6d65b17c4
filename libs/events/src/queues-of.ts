import type { ModuleManifest } from '@tearline/seam';
import { confirmationQueue } from './outbox/confirmations.js';

/** Returns the names of all queues of these modules, in display order. */
export const queuesOf = (manifests: readonly ModuleManifest[]): string[] =>
  manifests.flatMap(({ name, subscribes = [], publishes = [], jobs = [] }) => [
    ...(subscribes.length > 0 ? [name] : []),
    ...(publishes.length > 0 ? [confirmationQueue(name)] : []),
    ...jobs,
  ]);
