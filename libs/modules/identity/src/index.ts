import type { ModuleData } from '@tearline/database';
import type { ModuleManifest } from '@tearline/seam';
import { IdentityContract, ImageChanged } from './contract.js';
import { settings } from './identity.settings.js';

/** What the module offers to others, and its events. */
export * as declarations from './contract.js';

export const manifest: ModuleManifest = {
  name: 'identity',
  contract: IdentityContract,
  uses: [],
  publishes: [ImageChanged],
  routes: ['/api/users', '/api/users/login', '/api/user', '/api/sessions', '/api/sessions/*'],
  purges: true,
  settings,
  load: async () => (await import('./identity.module.js')).IdentityModule,
};

/** The module's tables and sample data. */
export const data: ModuleData = {
  schema: 'identity',
  migrations: async () => (await import('./migrations/index.js')).migrations,
  seed: async () => (await import('./seed.js')).seed,
};
