import { Injectable } from '@nestjs/common';
import { ReadCache } from '@tearline/cache';
import {
  type Articles,
  ArticlesContract,
  type ArticleSummary,
  slugTag,
} from '@tearline/modules/articles/contract';
import { InjectReader, InjectTransactions, Reader, statement, Transactions } from '@tearline/database';
import { InjectOutbox, Outbox } from '@tearline/events';
import { cursorOf, MAX_PAGE_TEXT, withinPageSize } from '@tearline/host';
import { type Identity, IdentityContract, userTag } from '@tearline/modules/identity/contract';
import { Seam, SeamError } from '@tearline/seam';
import { type Profile, profilesOf, type Social, SocialContract } from '@tearline/modules/social/contract';
import { CommentCreated, CommentDeleted } from './contract.js';
import { type Comment, type CommentList, type ListComments, MAX_LISTED } from './comment.schemas.js';
import { CommentEntity } from './entities/comment.entity.js';

type CommentRow = Omit<CommentEntity, 'articleId'>;

/** The newest comments before a place, as many as a page may have; `found` counts those that are beyond its size, too. */
const OF_ARTICLE = statement<CommentRow & { found: number }>(
  'comments.ofArticle',
  `select id, author_id as "authorId", body, created_at as "createdAt", updated_at as "updatedAt", found::int
     from (
       select *, count(*) over () as found,
         sum(octet_length(body)) over (order by created_at desc, id desc) - octet_length(body) as bytes_before
       from (
         select * from comments where article_id = $1 and (created_at, id) < ($2::timestamptz, $3::bigint)
         order by created_at desc, id desc limit $4
       ) newest
     ) page
     where bytes_before < ${MAX_PAGE_TEXT}
     order by created_at desc, id desc`,
);
const NEWEST = ['infinity', 0] as const;

/** Comments on articles. Each method resolves the article first, so a deleted article's comments are unreachable. */
@Injectable()
export class CommentsService {
  constructor(
    @InjectReader('comments') private readonly reader: Reader,
    @InjectTransactions('comments') private readonly transactions: Transactions,
    @InjectOutbox('comments') private readonly outbox: Outbox,
    @Seam(ArticlesContract) private readonly articles: Articles,
    @Seam(IdentityContract) private readonly identity: Identity,
    @Seam(SocialContract) private readonly social: Social,
    private readonly cache: ReadCache,
  ) {}

  /**
   * Returns a page of the article's comments, newest first; with a cursor when a limit or a cursor is given.
   * @throws SeamError `article/not-found`
   */
  async list(
    slug: string,
    page: ListComments,
    viewer: number | undefined,
    addTags: (...tags: string[]) => void = () => undefined,
  ): Promise<CommentList> {
    addTags(slugTag(slug));
    const { id } = await this.article(slug);
    addTags(listTag(id));
    const { comments, nextCursor } = await this.page(id, page, viewer, addTags);
    const isPaged = page.limit !== undefined || page.cursor !== undefined;
    return { comments, ...(isPaged && { nextCursor }) };
  }

  /** Returns the response to anonymous requests, as the bytes that are sent. */
  publicList(slug: string, page: ListComments): Promise<Buffer> {
    return this.cache.uncachedJson((addTags) => this.list(slug, page, undefined, addTags));
  }

  private async page(
    id: number,
    { limit = MAX_LISTED, cursor }: ListComments,
    viewer: number | undefined,
    addTags: (...tags: string[]) => void,
  ): Promise<Required<CommentList>> {
    const before = cursor ? [new Date(cursor[0]!), cursor[1]] : NEWEST;
    const rows = await this.reader.rows(OF_ARTICLE, [id, ...before, limit + 1]);
    const shown = rows.slice(0, limit);
    addTags(...shown.map(({ authorId }) => userTag(authorId)));
    const authors = await this.profiles(shown, viewer);
    const comments = withinPageSize(shown.map((row) => view(row, authors)));
    const last = shown[comments.length - 1];
    const isLast = last === undefined || comments.length === last.found;
    return { comments, nextCursor: isLast ? null : cursorOf(last.createdAt.getTime(), last.id) };
  }

  /** @throws SeamError `article/not-found` */
  async create(slug: string, authorId: number, body: string): Promise<Comment> {
    const article = await this.article(slug);
    const articleId = article.id;
    const { id, at } = await this.transactions.run('create comment', [slug, body], async (manager) => {
      const moment = () => momentAfterLast(articleId);
      const values = { articleId, authorId, body, createdAt: moment, updatedAt: moment };
      const { generatedMaps } = await manager.insert(CommentEntity, values);
      const comment = generatedMaps[0] as CommentEntity;
      const written = { commentId: comment.id, articleId, articleAuthorId: article.authorId, authorId };
      await this.outbox.publish(manager, CommentCreated, aggregateOf(articleId), written);
      await this.cache.record(manager, listTag(articleId));
      return { id: comment.id, at: comment.createdAt.toISOString() };
    });
    await this.cache.invalidate(listTag(articleId));
    const createdAt = new Date(at);
    const comment = { id, authorId, body, createdAt, updatedAt: createdAt };
    return view(comment, await this.profiles([comment], authorId));
  }

  /** @throws SeamError `article/not-found`, `comment/not-found`, `comment/forbidden` */
  async remove(slug: string, id: number, authorId: number): Promise<void> {
    const article = await this.article(slug);
    const articleId = article.id;
    await this.transactions.run('delete comment', [slug, id], async (manager) => {
      const comment = await manager.findOneBy(CommentEntity, { id, articleId });
      if (!comment) throw new SeamError('comment/not-found');
      if (comment.authorId !== authorId) throw new SeamError('comment/forbidden');
      const { affected } = await manager.delete(CommentEntity, id);
      if (!affected) throw new SeamError('comment/not-found');
      const written = { commentId: id, articleId, articleAuthorId: article.authorId, authorId };
      await this.outbox.publish(manager, CommentDeleted, aggregateOf(articleId), written);
      await this.cache.record(manager, listTag(articleId));
    });
    await this.cache.invalidate(listTag(articleId));
  }

  private async article(slug: string): Promise<Readonly<ArticleSummary>> {
    const article = await this.articles.bySlug({ slug });
    if (!article) throw new SeamError('article/not-found');
    return article;
  }

  private profiles(rows: readonly CommentRow[], viewer: number | undefined) {
    const authors = rows.map(({ authorId }) => authorId);
    return profilesOf({ identity: this.identity, social: this.social }, authors, viewer);
  }
}

const aggregateOf = (articleId: number) => `article/${articleId}`;

/** Tags the lists of an article's comments. */
const listTag = (articleId: number) => `comments:article/${articleId}`;

function view(row: CommentRow, authors: ReadonlyMap<number, Profile>): Comment {
  return {
    id: row.id,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    body: row.body,
    author: authors.get(row.authorId)!,
  };
}

/** Not before the last comment: lists are by this time, then by id, and a clock may go back. */
const momentAfterLast = (articleId: number) =>
  `greatest(now(), (select max(created_at) from comments where article_id = ${articleId}))`;
