import { Injectable } from '@nestjs/common';
import { ReadCache } from '@tearline/cache';
import { execute, InjectTransactions, Transactions } from '@tearline/database';
import { InjectOutbox, Outbox } from '@tearline/events';
import { SeamError } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import type { FullArticleRow } from './article-row.js';
import { ArticleDeleted, ArticleMediaChanged, ArticlePublished, slugTag } from './contract.js';
import { LIST, TAGS } from './cache-tags.js';
import { ArticleTagEntity } from './entities/article-tag.entity.js';
import { ArticleEntity } from './entities/article.entity.js';
import { mediaLinkedIn } from './media-links.js';
import { PUBLISH } from './publish-statement.js';
import { slugOf, withFreeSlug } from './slug.js';
import { countDeletion, countTagChanges } from './counters.js';

/** The fields of an article that its author writes. */
export interface ArticleDraft {
  title: string;
  description: string;
  body: string;
  tagList?: readonly string[] | undefined;
}

/** Creates, updates and deletes articles for their authors. */
@Injectable()
export class ArticlesService {
  constructor(
    @InjectTransactions('articles') private readonly transactions: Transactions,
    @InjectOutbox('articles') private readonly outbox: Outbox,
    private readonly cache: ReadCache,
  ) {}

  create(authorId: number, article: ArticleDraft): Promise<FullArticleRow> {
    const { tagList = [], ...draft } = article;
    const tags = [...new Set(tagList)];
    return withFreeSlug(draft.title, async (free) => {
      const { id, slug, at } = await this.transactions.runOneStatement(
        'create article',
        article,
        async (manager) => {
          const media = mediaLinkedIn(draft.body);
          const [created] = await execute(manager, PUBLISH, [
            free,
            draft.title,
            draft.description,
            draft.body,
            tags,
            authorId,
            ...this.outbox.appendEventArguments(ArticlePublished),
            ...this.outbox.appendEventArguments(ArticleMediaChanged),
            media.length > 0 ? JSON.stringify(media) : null,
            ...this.cache.purgeArguments(slugTag(free), LIST, TAGS),
          ]);
          return { id: created!.id, slug: free, at: created!.createdAt.toISOString() };
        },
      );
      this.outbox.relayNow();
      await this.cache.invalidate(slugTag(slug), LIST, TAGS);
      const createdAt = new Date(at);
      const times = { createdAt, updatedAt: createdAt };
      return { ...draft, ...times, id, slug, authorId, tagList: tags, favorited: false, favoritesCount: 0 };
    });
  }

  /**
   * Updates the given fields.
   * @returns the article's slug, which changes with the words of the title
   * @throws SeamError `article/not-found`, `article/forbidden`
   */
  async update(slug: string, authorId: number, update: Partial<ArticleDraft>): Promise<string> {
    const { tagList, ...changes } = update;
    const changed = (newSlug: string) => [slugTag(slug), slugTag(newSlug), ...(tagList ? [LIST, TAGS] : [])];
    const updated = await withFreeSlug(changes.title ?? '', (free) =>
      this.transactions.run('update article', [slug, update], async (manager) => {
        const article = await lockOwn(manager, slug, authorId);
        const renamed = changes.title !== undefined && slugOf(changes.title) !== slugOf(article.title);
        const newSlug = renamed ? free : slug;
        const tags = tagList && [...new Set(tagList)];
        await manager.update(ArticleEntity, article.id, {
          ...changes,
          slug: newSlug,
          ...(tags && { tagList: tags }),
          // A clock may go back.
          updatedAt: () => 'greatest(now(), updated_at)',
        });
        if (tags) await retag(manager, article, tags);
        await this.appendMediaChanged(manager, article.id, article.body, changes.body ?? article.body);
        await this.cache.record(manager, ...changed(newSlug));
        return newSlug;
      }),
    );
    await this.cache.invalidate(...changed(updated));
    return updated;
  }

  /**
   * Deletes an article. Other modules delete what belongs to it when they receive `articles/deleted`.
   * @throws SeamError `article/not-found`, `article/forbidden`
   */
  async remove(slug: string, authorId: number): Promise<void> {
    await this.transactions.run('delete article', slug, async (manager) => {
      const article = await lockOwn(manager, slug, authorId);
      await manager.delete(ArticleEntity, article.id);
      await countDeletion(manager, article);
      await this.outbox.publish(manager, ArticleDeleted, aggregateOf(article.id), {
        articleId: article.id,
        authorId,
      });
      await this.appendMediaChanged(manager, article.id, article.body, '');
      await this.cache.record(manager, slugTag(slug), LIST, TAGS);
    });
    await this.cache.invalidate(slugTag(slug), LIST, TAGS);
  }

  /** Appends the event only when the linked media change. */
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
  const added = tags.filter((tag) => !article.tagList.includes(tag));
  const removed = article.tagList.filter((tag) => !tags.includes(tag));
  if (removed.length > 0)
    await manager.delete(
      ArticleTagEntity,
      removed.map((tag) => tagRow(tag, article)),
    );
  if (added.length > 0)
    await manager.insert(
      ArticleTagEntity,
      added.map((tag) => tagRow(tag, article)),
    );
  await countTagChanges(manager, { added, removed });
}

const tagRow = (tag: string, { id, createdAt, authorId }: ArticleEntity): ArticleTagEntity => ({
  tag,
  publishedAt: createdAt,
  articleId: id,
  authorId,
});
