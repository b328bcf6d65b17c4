import type { ModuleData } from '@tearline/database';
import type { ModuleManifest } from '@tearline/seam';
import { IdentityContract, ImageChanged } from './contract.js';
import { settings } from './identity.settings.js';

export const manifest: ModuleManifest = {
  name: 'identity',
  contract: IdentityContract,
  uses: [],
  publishes: [ImageChanged],
  routes: ['/api/users', '/api/users/login', '/api/user'],
  settings,
  load: async () => (await import('./identity.module.js')).IdentityModule,
};

/** The module's tables and sample data. */
export const data: ModuleData = {
  schema: 'identity',
  migrations: async () => (await import('./migrations/index.js')).migrations,
  seed: async () => (await import('./seed.js')).seed,
};
