/** Tags every cached list of articles. */
export const LIST = 'articles:list';

/** Tags the cached list of tags. */
export const TAGS = 'articles:tags';
