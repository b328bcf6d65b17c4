import { data as articlesData, manifest as articles } from '@tearline/articles';
import { data as commentsData, manifest as comments } from '@tearline/comments';
import { data as identityData, manifest as identity } from '@tearline/identity';
import { data as mediaData, manifest as media } from '@tearline/media';
import { data as notificationsData, manifest as notifications } from '@tearline/notifications';
import { data as socialData, manifest as social } from '@tearline/social';

/** Every module there is; their code is loaded by the hosts. */
export const manifests = [identity, social, articles, comments, notifications, media];

/** What they keep. */
export const moduleData = [
  identityData,
  socialData,
  articlesData,
  commentsData,
  notificationsData,
  mediaData,
];
