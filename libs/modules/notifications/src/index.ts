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
import { settings } from './notifications.settings.js';

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
  load: async () => (await import('./notifications.module.js')).NotificationsModule,
};

/** The module's tables. */
export const data: ModuleData = {
  schema: 'notifications',
  migrations: async () => (await import('./migrations/index.js')).migrations,
};
