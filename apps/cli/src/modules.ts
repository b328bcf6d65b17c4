import { data as articles } from '@tearline/articles';
import { data as comments } from '@tearline/comments';
import { data as identity } from '@tearline/identity';
import { data as media } from '@tearline/media';
import { data as notifications } from '@tearline/notifications';
import { data as social } from '@tearline/social';

/** What every module keeps; each after those whose ids its sample data refers to. */
export const modules = [identity, social, articles, comments, notifications, media];
