/** What somebody is notified of: a new follower, what others do with their article, an article of somebody followed. */
export const KINDS = ['follow', 'favorite', 'comment', 'publish'] as const;
export type Kind = (typeof KINDS)[number];
