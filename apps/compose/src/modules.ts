import { manifest as articles } from '@tearline/articles';
import { manifest as comments } from '@tearline/comments';
import { manifest as identity } from '@tearline/identity';
import { manifest as media } from '@tearline/media';
import { manifest as notifications } from '@tearline/notifications';
import { manifest as social } from '@tearline/social';

/** Every module there is; their code is loaded by the hosts. */
export const manifests = [identity, social, articles, comments, notifications, media];
