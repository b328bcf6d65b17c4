import { Injectable } from '@nestjs/common';
import { type Articles, ArticlesContract, type ArticleSummary } from '@tearline/modules/articles/contract';
import { InjectReader, InjectTransactions, Reader, statement, Transactions } from '@tearline/database';
import { InjectOutbox, Outbox } from '@tearline/events';
import { type Identity, IdentityContract } from '@tearline/modules/identity/contract';
import { Seam, SeamError } from '@tearline/seam';
import { type Profile, profilesOf, type Social, SocialContract } from '@tearline/modules/social/contract';
import { CommentCreated, CommentDeleted } from './contract.js';
import type { Comment } from './comment.schemas.js';
import { CommentEntity } from './entities/comment.entity.js';

type CommentRow = Omit<CommentEntity, 'articleId'>;

/** The public API does not page comments: it returns the newest. */
const MAX_LISTED = 1000;

const OF_ARTICLE = statement<CommentRow>(
  'comments.ofArticle',
  `select id, author_id as "authorId", body, created_at as "createdAt", updated_at as "updatedAt"
     from comments where article_id = $1 order by created_at desc, id desc limit ${MAX_LISTED}`,
);

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
  ) {}

  /**
   * Returns the article's comments, newest first.
   * @throws SeamError `article/not-found`
   */
  async list(slug: string, viewer: number | undefined): Promise<Comment[]> {
    const rows = await this.reader.rows(OF_ARTICLE, [(await this.article(slug)).id]);
    const authors = await this.profiles(rows, viewer);
    return rows.map((row) => view(row, authors));
  }

  /** @throws SeamError `article/not-found` */
  async create(slug: string, authorId: number, body: string): Promise<Comment> {
    const article = await this.article(slug);
    const articleId = article.id;
    const { id, at } = await this.transactions.run('create comment', [slug, body], async (manager) => {
      const { generatedMaps } = await manager.insert(CommentEntity, { articleId, authorId, body });
      const comment = generatedMaps[0] as CommentEntity;
      const written = { commentId: comment.id, articleId, articleAuthorId: article.authorId, authorId };
      await this.outbox.publish(manager, CommentCreated, aggregateOf(articleId), written);
      return { id: comment.id, at: comment.createdAt.toISOString() };
    });
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
    });
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

function view(row: CommentRow, authors: ReadonlyMap<number, Profile>): Comment {
  return {
    id: row.id,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    body: row.body,
    author: authors.get(row.authorId)!,
  };
}
