import { ArticleMediaChanged } from '@tearline/modules/articles/contract';
import type { ModuleData } from '@tearline/database';
import { IdentityContract, ImageChanged } from '@tearline/modules/identity/contract';
import type { ModuleManifest } from '@tearline/seam';
import { MEDIA_FILE_BYTES, MediaContract } from './contract.js';
import { settings } from './media.settings.js';

/** What the module offers to others, and its events. */
export * as declarations from './contract.js';

/** Multipart headers and boundaries around the file. */
const ENVELOPE_BYTES = 65_536;

export const manifest: ModuleManifest = {
  name: 'media',
  contract: MediaContract,
  uses: [IdentityContract],
  subscribes: [ArticleMediaChanged, ImageChanged],
  jobs: ['media.variants', 'media.orphans'],
  routes: ['/api/media', '/api/media/**', '/media/**'],
  publicPages: ['/media/*/*'],
  purges: true,
  bodyLimit: MEDIA_FILE_BYTES + ENVELOPE_BYTES,
  settings,
  limits: ({ MEDIA_UPLOAD_SECONDS }) => ({ timeout: 1_000 * (MEDIA_UPLOAD_SECONDS as number) }),
  load: async () => (await import('./media.module.js')).MediaModule,
};

/** The module's tables and sample data. */
export const data: ModuleData = {
  schema: 'media',
  migrations: async () => (await import('./migrations/index.js')).migrations,
  seed: async () => (await import('./seed.js')).seed,
};
