import type { Kind } from '../kind.js';

/** Somebody did something that somebody else is notified of. */
export interface Act {
  /** Who is notified. */
  userId: number;
  kind: Exclude<Kind, 'publish'>;
  /** 0 for none. */
  articleId: number;
  actorId: number;
  /** Tells several acts of one actor apart: the comment, or 0. */
  subject: number;
}
