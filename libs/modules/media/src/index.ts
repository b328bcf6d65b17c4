import { ArticleMediaChanged } from '@tearline/modules/articles/contract';
import type { ModuleData } from '@tearline/database';
import { ImageChanged } from '@tearline/modules/identity/contract';
import type { ModuleManifest } from '@tearline/seam';
import { MEDIA_FILE_BYTES, MediaContract } from './contract.js';
import { settings } from './media.settings.js';

/** Multipart headers and boundaries around the file. */
const ENVELOPE_BYTES = 65_536;

export const manifest: ModuleManifest = {
  name: 'media',
  contract: MediaContract,
  uses: [],
  subscribes: [ArticleMediaChanged, ImageChanged],
  jobs: ['media.variants', 'media.orphans'],
  routes: ['/api/media', '/api/media/**', '/media/**'],
  bodyLimit: MEDIA_FILE_BYTES + ENVELOPE_BYTES,
  settings,
  load: async () => (await import('./media.module.js')).MediaModule,
};

/** The module's tables. */
export const data: ModuleData = {
  schema: 'media',
  migrations: async () => (await import('./migrations/index.js')).migrations,
};
