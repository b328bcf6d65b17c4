import { job } from '@tearline/events';
import { z } from 'zod';

/** Tells an author's followers of an article, or takes it back from them. */
export const Fanout = job('notifications.fanout', { payload: z.object({ articleId: z.int().positive() }) });
