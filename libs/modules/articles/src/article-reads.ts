import { Injectable } from '@nestjs/common';
import { InjectReader, Reader, statement } from '@tearline/database';
import type { ArticleSummary } from './contract.js';
import { type ArticleRow, type FullArticleRow, rowColumns } from './article-row.js';
import { type ArticleFilter, pageStatement } from './page-statement.js';

const ONE = statement<FullArticleRow>(
  'articles.one',
  `select ${rowColumns('$2::bigint')}, a.body from articles a where a.slug = $1`,
);

const SUMMARY = statement<ArticleSummary>(
  'articles.summary',
  'select id, slug, title, author_id as "authorId" from articles where slug = $1',
);

const SUMMARIES = statement<ArticleSummary>(
  'articles.summaries',
  'select id, slug, title, author_id as "authorId" from articles where id = any($1::bigint[])',
);

const TAGS = statement<{ tags: string[] }>(
  'articles.tags',
  `select coalesce(json_agg(key), '[]') as tags from (
     select key from (
       select key, total as n from counters where kind = 'tag'
       union all
       select key, delta from counter_deltas where kind = 'tag'
     ) counted
     group by key having sum(n) > 0 order by sum(n) desc, key limit 1000
   ) used`,
);

/** A page of a list and the number of articles in the whole list. */
export interface ArticlePage {
  rows: ArticleRow[];
  total: number;
}

/** The module's reads as named prepared statements, without TypeORM's overhead. */
@Injectable()
export class ArticleReads {
  constructor(@InjectReader('articles') private readonly reader: Reader) {}

  async page(
    filter: ArticleFilter,
    range: { limit: number; offset: number },
    viewer: number | undefined,
  ): Promise<ArticlePage> {
    const { statement, values } = pageStatement(filter, range, viewer);
    const rows = await this.reader.rows(statement, values);
    return {
      rows: rows.filter((row): row is typeof row & ArticleRow => row.id !== null),
      total: rows[0]!.total,
    };
  }

  one(slug: string, viewer: number | undefined): Promise<FullArticleRow | undefined> {
    return this.reader.row(ONE, [slug, viewer ?? null]);
  }

  async summary(slug: string): Promise<ArticleSummary | null> {
    return (await this.reader.row(SUMMARY, [slug])) ?? null;
  }

  async summaries(ids: readonly number[]): Promise<ArticleSummary[]> {
    return ids.length === 0 ? [] : this.reader.rows(SUMMARIES, [ids]);
  }

  /** Returns the tags in use, the most used first, at most 1,000. */
  async tags(): Promise<string[]> {
    return (await this.reader.row(TAGS))!.tags;
  }
}
