import { contract, event, type ModuleManifest, query } from '@tearline/seam';
import { z } from 'zod';
import { parseTopology, type Topology } from './index.js';

const contractOf = (name: string) => contract(name, { byId: query({}), find: query({}) });

const ItemSold = event('items/sold', { payload: z.object({ item: z.int() }) });

/** Returns the manifest of a sample module. */
export function manifest(
  name: string,
  routes: readonly string[],
  uses: readonly string[] = [],
): ModuleManifest {
  return {
    name,
    routes,
    contract: contractOf(name),
    uses: uses.map((used) => contractOf(used)),
    load: () => Promise.reject(new Error(`${name}: not to be loaded`)),
  };
}

export const shop = [
  manifest('users', ['/api/users', '/api/users/login']),
  {
    ...manifest('items', ['/api/items', '/api/items/*', '/api/items/*/star'], ['users']),
    publishes: [ItemSold],
  },
  {
    ...manifest('reviews', ['/api/items/*/reviews', '/api/items/*/reviews/*'], ['items', 'users']),
    subscribes: [ItemSold],
    jobs: ['reviews.reminders'],
  },
  manifest('follows', ['/api/follows/**'], ['users']),
];

export function topologyOf(hosts: Record<string, string>): Topology {
  const lines = Object.entries(hosts).map(([name, host]) => `  ${name}: ${host}`);
  const modules = shop.map(({ name }) => name);
  return parseTopology(`hosts:\n${lines.join('\n')}\n`, 'shop.yaml', modules);
}
