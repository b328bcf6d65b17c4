import type { ModuleData } from '@tearline/database';
import { IdentityContract } from '@tearline/modules/identity/contract';
import type { ModuleManifest } from '@tearline/seam';
import { SocialContract } from '@tearline/modules/social/contract';
import {
  ArticleDeleted,
  ArticleFavorited,
  ArticleMediaChanged,
  ArticlePublished,
  ArticlesContract,
  ArticleUnfavorited,
} from './contract.js';

/** What the module offers to others, and its events. */
export * as declarations from './contract.js';

export const manifest: ModuleManifest = {
  name: 'articles',
  contract: ArticlesContract,
  uses: [IdentityContract, SocialContract],
  publishes: [ArticlePublished, ArticleMediaChanged, ArticleDeleted, ArticleFavorited, ArticleUnfavorited],
  routes: ['/api/articles', '/api/articles/*', '/api/articles/*/favorite', '/api/tags'],
  publicPages: ['/api/articles', '/api/articles/*', '/api/tags'],
  purges: true,
  load: async () => (await import('./articles.module.js')).ArticlesModule,
};

/** The module's tables and sample data. */
export const data: ModuleData = {
  schema: 'articles',
  migrations: async () => (await import('./migrations/index.js')).migrations,
  seed: async () => (await import('./seed.js')).seed,
};
