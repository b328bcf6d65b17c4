export interface AuthorRow {
  username: string;
  bio: string | null;
  image: string | null;
}

/** An article with its author, as the joins give it. */
export interface ArticleRow extends AuthorRow {
  slug: string;
  title: string;
  description: string;
  tag_list: string[];
  created_at: Date;
  updated_at: Date;
  favorited: boolean;
  favorites_count: number;
  following: boolean;
  body?: string;
}

/** One row a listed article; one row of nulls beside the total when there is none. */
export type PageRow = ArticleRow & { total: number };

export interface CommentRow extends AuthorRow {
  id: number;
  created_at: Date;
  updated_at: Date;
  body: string;
}

export const ARTICLE = `a.slug, a.title, a.description, a.tag_list, a.created_at, a.updated_at, a.favorites_count`;
export const AUTHOR = `u.username, u.bio, u.image`;

export const authorOf = ({ username, bio, image }: AuthorRow, following = false) => ({
  username,
  bio,
  image,
  following,
});

export const listOf = (rows: readonly PageRow[]) => ({
  articles: rows[0]!.slug === null ? [] : rows.map(articleOf),
  articlesCount: rows[0]!.total,
});

export function articleOf(row: ArticleRow) {
  return {
    slug: row.slug,
    title: row.title,
    description: row.description,
    tagList: row.tag_list.toSorted(),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    favorited: row.favorited,
    favoritesCount: row.favorites_count,
    author: authorOf(row, row.following),
    ...(row.body !== undefined && { body: row.body }),
  };
}

export const commentOf = (row: CommentRow) => ({
  id: row.id,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  body: row.body,
  author: authorOf(row),
});
