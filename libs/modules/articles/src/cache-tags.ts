/** Tags every cached value that shows the article at a slug. */
export const slugTag = (slug: string) => `articles:slug/${slug}`;

/** Tags every cached list of articles. */
export const LIST = 'articles:list';

/** Tags the cached list of tags. */
export const TAGS = 'articles:tags';
