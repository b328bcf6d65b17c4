import { Injectable } from '@nestjs/common';
import { ReadCache } from '@tearline/cache';
import { InjectTransactions, Transactions } from '@tearline/database';
import { InjectOutbox, Outbox } from '@tearline/events';
import { SeamError } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import type { FullArticleRow } from './article-row.js';
import { ArticleDeleted, ArticleMediaChanged, ArticlePublished } from './contract.js';
import { LIST, slugTag, TAGS } from './cache-tags.js';
import { DeletedArticles } from './deleted-articles.js';
import { ArticleTagEntity } from './entities/article-tag.entity.js';
import { ArticleEntity } from './entities/article.entity.js';
import { DeletedArticleEntity } from './entities/deleted-article.entity.js';
import { mediaLinkedIn } from './media-links.js';
import { PUBLISH } from './publish-statement.js';
import { slugOf, withFreeSlug } from './slug.js';
import { countDeletion, countTagChanges } from './counters.js';

/** What an author writes. */
export interface ArticleDraft {
  title: string;
  description: string;
  body: string;
  tagList?: readonly string[] | undefined;
}

interface NewArticle {
  readonly id: number;
  readonly createdAt: Date;
}

/** What authors do with their articles. */
@Injectable()
export class ArticlesService {
  constructor(
    @InjectTransactions('articles') private readonly transactions: Transactions,
    @InjectOutbox('articles') private readonly outbox: Outbox,
    private readonly deleted: DeletedArticles,
    private readonly cache: ReadCache,
  ) {}

  create(authorId: number, article: ArticleDraft): Promise<FullArticleRow> {
    const { tagList = [], ...draft } = article;
    const tags = [...new Set(tagList)];
    return withFreeSlug(draft.title, async (free) => {
      const { id, slug, at } = await this.transactions.run('create article', article, async (manager) => {
        const { title, description, body } = draft;
        const values = [free, title, description, body, tags, authorId];
        const event = this.outbox.appendEventArguments(ArticlePublished);
        const [made] = await manager.query<[NewArticle]>(PUBLISH, [...values, ...event]);
        await this.appendMediaChanged(manager, made.id, '', body);
        return { id: made.id, slug: free, at: made.createdAt.toISOString() };
      });
      this.outbox.relayNow();
      await this.cache.invalidate(slugTag(slug), LIST, TAGS);
      const createdAt = new Date(at);
      const times = { createdAt, updatedAt: createdAt };
      return { ...draft, ...times, id, slug, authorId, tagList: tags, favorited: false, favoritesCount: 0 };
    });
  }

  /**
   * @returns the slug at which the article is from now on: a new one when the title's words change
   * @throws SeamError `article/not-found`, `article/forbidden`
   */
  async update(slug: string, authorId: number, wanted: Partial<ArticleDraft>): Promise<string> {
    const { tagList, ...changes } = wanted;
    const updated = await withFreeSlug(changes.title ?? '', (free) =>
      this.transactions.run('update article', [slug, wanted], async (manager) => {
        const article = await lockOwn(manager, slug, authorId);
        const renamed = changes.title !== undefined && slugOf(changes.title) !== slugOf(article.title);
        const newSlug = renamed ? free : slug;
        const tags = tagList && [...new Set(tagList)];
        await manager.update(ArticleEntity, article.id, {
          ...changes,
          slug: newSlug,
          ...(tags && { tagList: tags }),
        });
        if (tags) await retag(manager, article, tags);
        await this.appendMediaChanged(manager, article.id, article.body, changes.body ?? article.body);
        return newSlug;
      }),
    );
    await this.cache.invalidate(slugTag(slug), slugTag(updated), ...(tagList ? [LIST, TAGS] : []));
    return updated;
  }

  /** @throws SeamError `article/not-found`, `article/forbidden` */
  async remove(slug: string, authorId: number): Promise<void> {
    const id = await this.transactions.run('delete article', slug, async (manager) => {
      const article = await lockOwn(manager, slug, authorId);
      await manager.delete(ArticleEntity, article.id);
      await countDeletion(manager, article);
      await manager.insert(DeletedArticleEntity, { articleId: article.id });
      await this.outbox.publish(manager, ArticleDeleted, aggregateOf(article.id), {
        articleId: article.id,
        authorId,
      });
      await this.appendMediaChanged(manager, article.id, article.body, '');
      return article.id;
    });
    await this.cache.invalidate(slugTag(slug), LIST, TAGS);
    await this.deleted.purge([id]);
  }

  /** Most articles show none, and then nobody is told. */
  private async appendMediaChanged(
    manager: EntityManager,
    articleId: number,
    before: string,
    after: string,
  ): Promise<void> {
    const media = mediaLinkedIn(after);
    if (media.join() === mediaLinkedIn(before).join()) return;
    await this.outbox.publish(manager, ArticleMediaChanged, aggregateOf(articleId), { articleId, media });
  }
}

const aggregateOf = (articleId: number) => `article/${articleId}`;

async function lockOwn(manager: EntityManager, slug: string, authorId: number): Promise<ArticleEntity> {
  const article = await manager.findOne(ArticleEntity, {
    select: { id: true, title: true, body: true, tagList: true, authorId: true, createdAt: true },
    where: { slug },
    lock: { mode: 'pessimistic_write' },
  });
  if (!article) throw new SeamError('article/not-found');
  if (article.authorId !== authorId) throw new SeamError('article/forbidden');
  return article;
}

async function retag(manager: EntityManager, article: ArticleEntity, tags: readonly string[]): Promise<void> {
  const gained = tags.filter((one) => !article.tagList.includes(one));
  const lost = article.tagList.filter((one) => !tags.includes(one));
  if (lost.length > 0)
    await manager.delete(
      ArticleTagEntity,
      lost.map((one) => tagRow(one, article)),
    );
  if (gained.length > 0)
    await manager.insert(
      ArticleTagEntity,
      gained.map((one) => tagRow(one, article)),
    );
  await countTagChanges(manager, { gained, lost });
}

const tagRow = (name: string, { id, createdAt, authorId }: ArticleEntity): ArticleTagEntity => ({
  tag: name,
  publishedAt: createdAt,
  articleId: id,
  authorId,
});
