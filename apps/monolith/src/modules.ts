import { data as articlesData, manifest as articles } from '@tearline/articles';
import { data as commentsData, manifest as comments } from '@tearline/comments';
import { data as identityData, manifest as identity } from '@tearline/identity';
import { data as mediaData, manifest as media } from '@tearline/media';
import { data as notificationsData, manifest as notifications } from '@tearline/notifications';
import { data as socialData, manifest as social } from '@tearline/social';

/** Every module, in one process. */
export const modules = [identity, social, articles, comments, notifications, media];

/** What they keep; only development needs it here, where the start migrates. */
export const moduleData = [
  identityData,
  socialData,
  articlesData,
  commentsData,
  notificationsData,
  mediaData,
];
