import type { Pool, QueryResult } from 'pg';

/** What a client sends to publish an article. */
export interface Draft {
  title: string;
  description: string;
  body: string;
  tagList: string[];
}

const INSERT_ARTICLE = `
  insert into articles.articles (slug, title, description, body, tag_list, author_id) values ($1, $2, $3, $4, $5, $6)
  returning id, created_at`;
const INSERT_TAGS = `
  insert into articles.article_tags (tag, published_at, article_id, author_id)
  select unnest($1::text[]), $2::timestamptz, $3::bigint, $4::bigint`;
const INSERT_COUNTERS = `
  insert into articles.counter_deltas (kind, key, delta)
  select 'all', '', 1 union all select 'author', $1, 1 union all select 'tag', unnest($2::text[]), 1`;

const LOCK = 'select id, created_at from articles.articles where slug = $1 for no key update';
const LIKE = `
  insert into articles.favorites (user_id, published_at, article_id) values ($1, $2, $3) on conflict do nothing`;
const UNLIKE = 'delete from articles.favorites where user_id = $1 and published_at = $2 and article_id = $3';
const COUNT = 'update articles.articles set favorites_count = favorites_count + $2 where id = $1';

/** What the API writes, with the monolith's rows and locks, each in one transaction of prepared statements. */
export class RawWrites {
  constructor(private readonly pool: Pool) {}

  /** @returns the slug */
  create(author: string, { title, description, body, tagList }: Draft): Promise<string> {
    return this.transaction(async (run) => {
      const slug = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
      const { rows } = await run('create', INSERT_ARTICLE, slug, title, description, body, tagList, author);
      const [{ id, created_at: publishedAt }] = rows as [{ id: string; created_at: Date }];
      await run('create tags', INSERT_TAGS, tagList, publishedAt, id, author);
      await run('create counters', INSERT_COUNTERS, author, tagList);
      return slug;
    });
  }

  favorite(slug: string, user: string, likes: boolean): Promise<void> {
    return this.transaction(async (run) => {
      const { rows } = await run('lock', LOCK, slug);
      const [{ id, created_at: publishedAt }] = rows as [{ id: string; created_at: Date }];
      const { rowCount } = likes
        ? await run('like', LIKE, user, publishedAt, id)
        : await run('unlike', UNLIKE, user, publishedAt, id);
      if (rowCount === 1) await run('count', COUNT, id, likes ? 1 : -1);
    });
  }

  private async transaction<T>(work: (run: Run) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      const result = await work((name, text, ...values) => client.query({ name, text, values }));
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

type Run = (
  name: string,
  text: string,
  ...values: unknown[]
) => Promise<QueryResult<Record<string, unknown>>>;
