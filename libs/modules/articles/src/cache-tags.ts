/** Names everything that is shown of the article at a slug, to those who keep it. */
export const slugTag = (slug: string) => `articles:slug/${slug}`;

/** Which articles there are. */
export const LIST = 'articles:list';

/** Which tags are in use, and how much. */
export const TAGS = 'articles:tags';
