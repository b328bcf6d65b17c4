import { Injectable } from '@nestjs/common';
import { defineCache, ReadCache } from '@tearline/cache';
import { nameTag } from '@tearline/modules/identity/contract';
import { SeamError } from '@tearline/seam';
import { ArticleReads } from './article-reads.js';
import { ArticleViews } from './article-views.js';
import { ArticleBody, ArticleList, type ListArticles, TagList } from './article.schemas.js';
import { LIST, TAGS } from './cache-tags.js';
import { slugTag } from './contract.js';

const ONE = defineCache('articles.one', { schema: ArticleBody, modules: ['articles', 'identity'] });
const PAGE = defineCache('articles.page', { schema: ArticleList, modules: ['articles', 'identity'] });
const TAG_LIST = defineCache('articles.tags', { schema: TagList, modules: ['articles'] });

type CachedBody = Buffer | Promise<Buffer>;

/** Caches the responses to anonymous requests, as the bytes that are sent. */
@Injectable()
export class ArticleResponseCache {
  constructor(
    private readonly cache: ReadCache,
    private readonly reads: ArticleReads,
    private readonly views: ArticleViews,
  ) {}

  /** @throws SeamError article/not-found */
  one(slug: string): CachedBody {
    const body = this.cache.json(ONE, slug, [slugTag(slug)], async (addTags) => {
      const row = await this.reads.one(slug, undefined);
      return row ? { article: await this.views.of(row, undefined, addTags) } : null;
    });
    return body instanceof Promise ? body.then(orNotFound) : orNotFound(body);
  }

  /** Returns a page that is requested too rarely to be worth caching here. */
  laterPage(query: ListArticles): Promise<Buffer> {
    return this.cache.uncachedJson((addTags) => {
      addTags(LIST, ...(query.author === undefined ? [] : [nameTag(query.author)]));
      return this.views.list(query, undefined, addTags);
    });
  }

  /** Returns a first page. */
  page(query: ListArticles): CachedBody {
    const { tag, author, limit } = query;
    const tags = author === undefined ? [LIST] : [LIST, nameTag(author)];
    return this.cache.json(PAGE, JSON.stringify([limit, tag, author]), tags, (addTags) =>
      this.views.list(query, undefined, addTags),
    ) as CachedBody;
  }

  tags(): CachedBody {
    return this.cache.json(TAG_LIST, '', [TAGS], async () => ({
      tags: await this.reads.tags(),
    })) as CachedBody;
  }
}

/** Tells whether a list is requested often enough to be cached. */
export const isFirstPage = ({ offset }: ListArticles) => offset === 0;

function orNotFound(body: Buffer | undefined): Buffer {
  if (body === undefined) throw new SeamError('article/not-found');
  return body;
}
