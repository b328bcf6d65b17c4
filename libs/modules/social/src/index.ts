import type { ModuleData } from '@tearline/database';
import { IdentityContract } from '@tearline/modules/identity/contract';
import type { ModuleManifest } from '@tearline/seam';
import { Followed, SocialContract, Unfollowed } from './contract.js';

/** What the module offers to others, and its events. */
export * as declarations from './contract.js';

export const manifest: ModuleManifest = {
  name: 'social',
  contract: SocialContract,
  uses: [IdentityContract],
  publishes: [Followed, Unfollowed],
  routes: ['/api/profiles/**'],
  publicPages: ['/api/profiles/*'],
  load: async () => (await import('./social.module.js')).SocialModule,
};

/** The module's tables and sample data. */
export const data: ModuleData = {
  schema: 'social',
  migrations: async () => (await import('./migrations/index.js')).migrations,
  seed: async () => (await import('./seed.js')).seed,
};
