import type { ModuleManifest } from '@tearline/seam';
import { CopiesContract, Entered, LedgerContract, Stamp } from './contracts.js';

/** Publishes. */
export const ledger: ModuleManifest = {
  name: 'ledger',
  contract: LedgerContract,
  uses: [],
  publishes: [Entered],
  routes: ['/entries'],
  load: async () => (await import('./ledger.module.js')).LedgerModule,
};

/** Subscribes, and has work of its own. */
export const copies: ModuleManifest = {
  name: 'copies',
  contract: CopiesContract,
  uses: [],
  subscribes: [Entered],
  jobs: [Stamp.name],
  routes: [],
  load: async () => (await import('./copies.module.js')).CopiesModule,
};
