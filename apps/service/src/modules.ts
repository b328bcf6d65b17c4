import { manifest as articles } from '@tearline/articles';
import { manifest as comments } from '@tearline/comments';
import { manifest as identity } from '@tearline/identity';
import { manifest as media } from '@tearline/media';
import { manifest as notifications } from '@tearline/notifications';
import { manifest as social } from '@tearline/social';

/** Every module that this process may be told to run. A manifest loads no code of its module. */
export const allModules = [identity, social, articles, comments, notifications, media];
