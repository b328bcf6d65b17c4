import { filterText, optionalText, Page, text } from '@tearline/host';
import { Profile } from '@tearline/modules/social/contract';
import { z } from 'zod';

const title = { max: 1_000 };
const description = { max: 10_000 };
const body = { max: 1_048_576 };
/** An absent list changes nothing, an empty one removes all tags; null is invalid. */
const tagList = z
  .array(text({ max: 64 }), { error: 'must be a list of texts' })
  .max(50, { error: 'is too long (maximum is 50 tags)' })
  .optional();

export const CreateArticle = z.object({
  article: z.object({
    title: text(title),
    description: text(description),
    body: text(body),
    tagList,
  }),
});
export type CreateArticle = z.infer<typeof CreateArticle>;

export const UpdateArticle = z.object({
  article: z
    .object({
      title: optionalText(title),
      description: optionalText(description),
      body: optionalText(body),
      tagList,
    })
    .refine((changes) => Object.values(changes).some((value) => value !== undefined), {
      error: 'needs at least one field',
    }),
});
export type UpdateArticle = z.infer<typeof UpdateArticle>;

export const Slug = filterText({ max: 255 });

export const ListArticles = Page.extend({
  tag: filterText({ max: 64 }).optional(),
  author: filterText({ max: 255 }).optional(),
  favorited: filterText({ max: 255 }).optional(),
});
export type ListArticles = z.infer<typeof ListArticles>;

/** An article in a list of the public API. */
export const ListedArticle = z.object({
  slug: z.string(),
  title: z.string(),
  description: z.string(),
  /** In alphabetical order, by Unicode code unit. */
  tagList: z.array(z.string()),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  favorited: z.boolean(),
  favoritesCount: z.int(),
  author: Profile,
});
export type ListedArticle = z.infer<typeof ListedArticle>;

/** An article of the public API. */
export const Article = ListedArticle.extend({ body: z.string() });
export type Article = z.infer<typeof Article>;

export const ArticleBody = z.object({ article: Article });
export type ArticleBody = z.infer<typeof ArticleBody>;

export const ArticleList = z.object({ articles: z.array(ListedArticle), articlesCount: z.int() });
export type ArticleList = z.infer<typeof ArticleList>;

export const TagList = z.object({ tags: z.array(z.string()) });
export type TagList = z.infer<typeof TagList>;
