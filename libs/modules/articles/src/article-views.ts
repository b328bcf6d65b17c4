import { Injectable } from '@nestjs/common';
import { type Identity, IdentityContract, type User, userTag } from '@tearline/modules/identity/contract';
import { Seam, SeamError } from '@tearline/seam';
import {
  type Profile,
  profileOf,
  profilesOf,
  type Social,
  SocialContract,
} from '@tearline/modules/social/contract';
import { withinPageSize } from '@tearline/host';
import { type ArticlePage, ArticleReads } from './article-reads.js';
import type { ArticleRow, FullArticleRow } from './article-row.js';
import type { Article, ArticleList, ListArticles, ListedArticle } from './article.schemas.js';
import { slugTag } from './contract.js';

/** Adds the cache tags of the data that a view is built from. */
type AddTags = (...tags: string[]) => void;

const ignoreTags: AddTags = () => undefined;
const EMPTY: ArticleList = { articles: [], articlesCount: 0 };

/** Builds the articles of the public API: the module's rows with their authors' profiles. */
@Injectable()
export class ArticleViews {
  constructor(
    private readonly reads: ArticleReads,
    @Seam(IdentityContract) private readonly identity: Identity,
    @Seam(SocialContract) private readonly social: Social,
  ) {}

  async one(slug: string, viewer: number | undefined): Promise<Article> {
    const row = await this.reads.one(slug, viewer);
    if (!row) throw new SeamError('article/not-found');
    return this.of(row, viewer);
  }

  async of(row: FullArticleRow, viewer: number | undefined, addTags = ignoreTags): Promise<Article> {
    addTags(userTag(row.authorId));
    const authors = await this.profiles([row.authorId], viewer);
    return { ...listed(row, authors), body: row.body };
  }

  async list(
    { tag, author, favorited, ...range }: ListArticles,
    viewer: number | undefined,
    addTags = ignoreTags,
  ): Promise<ArticleList> {
    const [writer, reader] = await Promise.all([this.userOf(author), this.userOf(favorited)]);
    if (writer === null || reader === null) return EMPTY;
    const page = await this.reads.page({ tag, authorId: writer?.id, favoritedBy: reader?.id }, range, viewer);
    const authors = page.rows.map(({ authorId }) => authorId);
    addTags(...authors.map(userTag), ...page.rows.map(({ slug }) => slugTag(slug)));
    return list(page, await this.profiles(authors, viewer, writer && [writer]));
  }

  /** Returns the articles of the authors whom the viewer follows. */
  async feed(range: { limit: number; offset: number }, viewer: number): Promise<ArticleList> {
    const authorIds = await this.social.followedBy({ follower: viewer });
    if (authorIds.length === 0) return EMPTY;
    const page = await this.reads.page({ authorIds }, range, viewer);
    if (page.rows.length === 0) return { articles: [], articlesCount: page.total };
    const ids = [...new Set(page.rows.map(({ authorId }) => authorId))];
    const users = await this.identity.usersByIds({ ids });
    return list(page, new Map(users.map((user) => [user.id, profileOf(user, true)])));
  }

  private profiles(ids: readonly number[], viewer: number | undefined, known?: readonly User[]) {
    return profilesOf({ identity: this.identity, social: this.social }, ids, viewer, known);
  }

  /** Returns undefined without a name, null when no user has it. */
  private async userOf(username: string | undefined): Promise<User | null | undefined> {
    return username === undefined ? undefined : this.identity.userByUsername({ username });
  }
}

function list({ rows, total }: ArticlePage, authors: ReadonlyMap<number, Profile>): ArticleList {
  return { articles: withinPageSize(rows.map((row) => listed(row, authors))), articlesCount: total };
}

function listed(row: ArticleRow, authors: ReadonlyMap<number, Profile>): ListedArticle {
  return {
    slug: row.slug,
    title: row.title,
    description: row.description,
    tagList: row.tagList.toSorted(),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    favorited: row.favorited,
    favoritesCount: row.favoritesCount,
    author: authors.get(row.authorId)!,
  };
}
