/** A row of an article: everything but its author's profile. */
export interface ArticleRow {
  id: number;
  slug: string;
  title: string;
  description: string;
  tagList: string[];
  createdAt: Date;
  updatedAt: Date;
  favorited: boolean;
  favoritesCount: number;
  authorId: number;
}

/** A row of a single article; lists have no body. */
export interface FullArticleRow extends ArticleRow {
  body: string;
}

/** Returns the columns of `articles a` for an ArticleRow; `viewer` is an SQL expression, null for an anonymous one. */
export const rowColumns = (viewer: string) => `
  a.id, a.slug, a.title, a.description, a.tag_list as "tagList", a.created_at as "createdAt",
  a.updated_at as "updatedAt", a.favorites_count as "favoritesCount", a.author_id as "authorId",
  coalesce(
    (select true from favorites f where f.user_id = ${viewer} and f.published_at = a.created_at and f.article_id = a.id),
    false
  ) as favorited`;
