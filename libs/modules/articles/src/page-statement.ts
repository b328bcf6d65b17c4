import { statement, type Statement } from '@tearline/database';
import { type ArticleRow, rowColumns } from './article-row.js';

/** Filters of an article list; an article must match all that are given. */
export interface ArticleFilter {
  authorId?: number | undefined;
  tag?: string | undefined;
  favoritedBy?: number | undefined;
  /** Articles of any of these authors: the feed. */
  authorIds?: readonly number[] | undefined;
}

/** One row per listed article, newest first; an empty page is one row with the total and nulls. */
export type PageRow = { total: number } & (ArticleRow | { id: null });

/** The most selective first: it selects from an index, and the others are conditions on its articles. */
const FILTERS = ['favoritedBy', 'authorId', 'tag', 'authorIds'] as const;
type FilterName = (typeof FILTERS)[number];

/** Selects `id` and `created_at` of a filter's articles from an index, newest first. */
const KEYS: Record<FilterName | 'all', (value: string, offset: string) => string> = {
  all: () => 'select id, created_at from articles',
  authorId: (author) => `select id, created_at from articles where author_id = ${author}::bigint`,
  tag: (tag) => `select article_id as id, published_at as created_at from article_tags where tag = ${tag}`,
  favoritedBy: (user) =>
    `select article_id as id, published_at as created_at from favorites where user_id = ${user}`,
  // Merges the newest of each author: one short index scan per author. The planner does not know $2, so the constant
  // bound keeps its estimate small; the inner limit reads only what the page can need.
  authorIds: (authors, offset) => `
    select newest.* from unnest(${authors}::bigint[]) author(id)
    cross join lateral (
      select * from (
        select a.id, a.created_at from articles a where a.author_id = author.id
        order by a.created_at desc, a.id desc limit 100 + ${offset}
      ) bounded limit $2 + ${offset}
    ) newest`,
};

/** Selects an author's articles under a tag from their common index. */
const OF_AUTHOR_UNDER_TAG = (author: string, tag: string) => `
  select article_id as id, published_at as created_at from article_tags
  where author_id = ${author}::bigint and tag = ${tag}`;

/** The condition of a further filter on an article `k`. */
const CONDITIONS: Record<FilterName, (value: string) => string> = {
  authorId: (author) =>
    `exists (select from articles o where o.id = k.id and o.author_id = ${author}::bigint)`,
  authorIds: (authors) =>
    `exists (select from articles o where o.id = k.id and o.author_id = any(${authors}::bigint[]))`,
  tag: (tag) =>
    `exists (select from article_tags t where t.tag = ${tag} and t.published_at = k.created_at and t.article_id = k.id)`,
  favoritedBy: (user) =>
    `exists (select from favorites f where f.user_id = ${user} and f.published_at = k.created_at and f.article_id = k.id)`,
};

const counter = (kind: string, keys: string) => `
  (select coalesce(sum(n), 0)::bigint from (
    select total as n from counters where kind = '${kind}' and key ${keys}
    union all
    select delta from counter_deltas where kind = '${kind}' and key ${keys}
  ) counted)`;

/** Exact totals that come from counters instead of counting articles. */
const COUNTERS: Partial<Record<FilterName | 'all', (value: string) => string>> = {
  all: () => counter('all', "= ''"),
  authorId: (author) => counter('author', `= ${author}::bigint::text`),
  authorIds: (authors) => counter('author', `= any(${authors}::bigint[]::text[])`),
  tag: (tag) => counter('tag', `= ${tag}`),
};

const statements = new Map<string, Statement<PageRow>>();

/**
 * The statement for a page of articles and their total, and its values: one round trip for any filters.
 * @param viewer whose favorites are marked
 */
export function pageStatement(
  filter: ArticleFilter,
  { limit, offset }: { limit: number; offset: number },
  viewer: number | undefined,
): { statement: Statement<PageRow>; values: unknown[] } {
  const names = FILTERS.filter((name) => filter[name] !== undefined);
  // First pages have one of their own. Of an offset that it does not know the planner expects a tenth of all articles: the
  // more there are, the worse it thinks of a plan for all pages, and makes one for each.
  const isFirst = offset === 0;
  const name = `articles.${isFirst ? 'first-page' : 'page'}.${names.join('+') || 'all'}`;
  let page = statements.get(name);
  if (!page) statements.set(name, (page = statement<PageRow>(name, textFor(names, isFirst))));
  const values = [viewer ?? null, limit, ...names.map((one) => filter[one]), ...(isFirst ? [] : [offset])];
  return { statement: page, values };
}

function textFor(names: readonly FilterName[], isFirst: boolean): string {
  const value = (name: FilterName) => `$${names.indexOf(name) + 3}`;
  const offset = isFirst ? '0' : `$${names.length + 3}`;
  const [first = 'all', ...rest] = names;
  const isOfAuthorUnderTag = first === 'authorId' && rest[0] === 'tag';
  const others = isOfAuthorUnderTag ? rest.slice(1) : rest;
  const keys = isOfAuthorUnderTag
    ? OF_AUTHOR_UNDER_TAG(value('authorId'), value('tag'))
    : KEYS[first](first === 'all' ? '' : value(first), offset);
  const matching =
    others.length === 0
      ? keys
      : `select k.* from (${keys}) k where ${others.map((name) => CONDITIONS[name](value(name))).join(' and ')}`;
  const counted = rest.length === 0 ? COUNTERS[first] : undefined;
  const total =
    counted?.(first === 'all' ? '' : value(first)) ?? `(select count(*) from (${matching}) matching)`;
  // 100 is the API's maximum: with it the planner, which does not know $2, estimates a small page.
  return `
    select total.n as total, ${rowColumns('$1::bigint')}
    from (select ${total} as n) total
    left join (
      select * from (${matching} order by created_at desc, id desc offset ${offset} limit 100) newest limit $2
    ) page on true
    left join articles a on a.id = page.id
    order by page.created_at desc, page.id desc`;
}
