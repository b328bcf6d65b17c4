import type { HttpRequest } from '../../kit/endpoints.js';
import type { Samples } from '../../kit/samples.js';

/** Requests for each list that the API has, by name. */
export function lists({
  tags,
  authors,
  usernames,
  tokens,
  discussedSlugs,
}: Samples): Record<string, HttpRequest[]> {
  const get = (path: string, token?: string): HttpRequest => ({ method: 'GET', path, token });
  const of = (filter: string, values: readonly string[]) =>
    values.map((value) => get(`/api/articles?${filter}=${encodeURIComponent(value)}&limit=20`));
  return {
    all: [get('/api/articles?limit=20')],
    'all, for a user': tokens.map((token) => get('/api/articles?limit=20', token)),
    tag: of('tag', tags),
    author: of('author', authors),
    favorited: of('favorited', usernames),
    'tag and author': authors.map((author, index) =>
      get(
        `/api/articles?author=${encodeURIComponent(author)}&tag=${encodeURIComponent(tags[index % tags.length]!)}&limit=20`,
      ),
    ),
    feed: tokens.map((token) => get('/api/articles/feed?limit=20', token)),
    comments: discussedSlugs.map((slug) => get(`/api/articles/${encodeURIComponent(slug)}/comments`)),
    tags: [get('/api/tags')],
  };
}
