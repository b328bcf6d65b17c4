import { ArticleDeleted, ArticlesContract } from '@tearline/modules/articles/contract';
import type { ModuleData } from '@tearline/database';
import { IdentityContract } from '@tearline/modules/identity/contract';
import type { ModuleManifest } from '@tearline/seam';
import { SocialContract } from '@tearline/modules/social/contract';
import { CommentCreated, CommentDeleted } from './contract.js';

/** What the module offers to others, and its events. */
export * as declarations from './contract.js';

export const manifest: ModuleManifest = {
  name: 'comments',
  uses: [ArticlesContract, IdentityContract, SocialContract],
  publishes: [CommentCreated, CommentDeleted],
  subscribes: [ArticleDeleted],
  jobs: ['comments.deletion'],
  routes: ['/api/articles/*/comments', '/api/articles/*/comments/*'],
  publicPages: ['/api/articles/*/comments'],
  purges: true,
  load: async () => (await import('./comments.module.js')).CommentsModule,
};

/** The module's tables and sample data. */
export const data: ModuleData = {
  schema: 'comments',
  migrations: async () => (await import('./migrations/index.js')).migrations,
  seed: async () => (await import('./seed.js')).seed,
};
