import {
  ArticleDeleted,
  ArticleFavorited,
  ArticlePublished,
  ArticlesContract,
  ArticleUnfavorited,
} from '@tearline/modules/articles/contract';
import { CommentCreated, CommentDeleted } from '@tearline/modules/comments/contract';
import type { ModuleData } from '@tearline/database';
import { IdentityContract } from '@tearline/modules/identity/contract';
import type { ModuleManifest } from '@tearline/seam';
import { Followed, SocialContract, Unfollowed } from '@tearline/modules/social/contract';
import { NotificationsContract } from './contract.js';
import { MAX_STREAMS, settings } from './notifications.settings.js';

/** What the module offers to others, and its events. */
export * as declarations from './contract.js';

export const manifest: ModuleManifest = {
  name: 'notifications',
  contract: NotificationsContract,
  uses: [IdentityContract, SocialContract, ArticlesContract],
  subscribes: [
    Followed,
    Unfollowed,
    ArticlePublished,
    ArticleFavorited,
    ArticleUnfavorited,
    ArticleDeleted,
    CommentCreated,
    CommentDeleted,
  ],
  jobs: ['notifications.fanout', 'notifications.email', 'notifications.prune'],
  routes: ['/api/notifications', '/api/notifications/**'],
  settings,
  limits: ({ STREAMS_MAX }) => ({
    streams: {
      routes: ['/api/notifications/stream'],
      max: (STREAMS_MAX as number | undefined) ?? MAX_STREAMS,
    },
  }),
  load: async () => (await import('./notifications.module.js')).NotificationsModule,
};

/** The module's tables and sample data. */
export const data: ModuleData = {
  schema: 'notifications',
  migrations: async () => (await import('./migrations/index.js')).migrations,
  seed: async () => (await import('./seed.js')).seed,
};
