import { get, type HttpRequest } from './http-request.js';
import type { Samples } from './samples.js';

/** One operation of the API, with its requests and its goals. */
export interface Endpoint {
  readonly name: string;
  /** CPU milliseconds a request: the goal. */
  readonly goal?: { readonly app: number; readonly database: number };
  /** The allowed CPU as a factor of the raw baseline's; 2 by default. */
  readonly factorOfRaw?: number;
  /** The allowed CPU milliseconds above the raw baseline, instead of a factor. */
  readonly aboveRawMs?: number;
  /** The allowed CPU with the cache on, as a factor of Nest's with a ready-made response. */
  readonly abovePrebuilt?: number;
  /** How responses of two servers are compared; byte by byte by default. */
  readonly comparison?: 'shape' | 'none';
  /** Requests to send in this order, repeatedly. */
  requests(samples: Samples): HttpRequest[];
}

const encoded = encodeURIComponent;

/** Requests for lists of articles with a filter. */
export const filteredLists = (filter: string, values: readonly string[]) =>
  values.map((value) => get(`/api/articles?${filter}=${encoded(value)}&limit=20`));

let created = 0;
const PARAGRAPH =
  'The numbers surprised us, so we counted again. It helps to write down what you expect before you look. ';

function newArticle(tags: readonly string[]): string {
  created += 1;
  const tagList = [0, 1, 2].map((offset) => tags[(created * 7 + offset) % tags.length]!);
  const title = `What the load of today has to say ${created}`;
  return JSON.stringify({
    article: { title, description: 'One of many.', body: PARAGRAPH.repeat(12), tagList },
  });
}

/** Reads first, so that they are measured without the rows that the writes add. */
export const endpoints: readonly Endpoint[] = [
  {
    name: 'list',
    goal: { app: 0.6, database: 0.8 },
    factorOfRaw: 2.5,
    abovePrebuilt: 2,
    requests: () => [get('/api/articles?limit=20')],
  },
  {
    name: 'tag',
    goal: { app: 0.6, database: 0.8 },
    factorOfRaw: 2.5,
    requests: ({ tags }) => filteredLists('tag', tags),
  },
  {
    name: 'author',
    requests: ({ authors }) => filteredLists('author', authors),
  },
  {
    name: 'article',
    goal: { app: 0.3, database: 0.25 },
    abovePrebuilt: 2,
    requests: ({ slugs }) => slugs.map((slug) => get(`/api/articles/${encoded(slug)}`)),
  },
  {
    name: 'feed',
    goal: { app: 0.7, database: 0.8 },
    factorOfRaw: 2.5,
    requests: ({ tokens }) => tokens.map((token) => get('/api/articles/feed?limit=20', token)),
  },
  {
    name: 'tags',
    goal: { app: 0.12, database: 0.08 },
    requests: () => [get('/api/tags')],
  },
  {
    name: 'profile',
    goal: { app: 0.2, database: 0.15 },
    requests: ({ usernames }) => usernames.map((name) => get(`/api/profiles/${encoded(name)}`)),
  },
  {
    name: 'comments',
    requests: ({ discussedSlugs }) =>
      discussedSlugs.map((slug) => get(`/api/articles/${encoded(slug)}/comments`)),
  },
  {
    name: 'login',
    aboveRawMs: 1,
    // The raw baseline only verifies a password.
    comparison: 'none',
    requests: ({ emails }) =>
      emails.map((email) => ({
        method: 'POST',
        path: '/api/users/login',
        body: JSON.stringify({ user: { email, password: 'password' } }),
      })),
  },
  {
    name: 'favorite',
    // Each pair on one connection, and pairs apart: two users who like one article at once would wait for each other.
    requests: ({ slugs, tokens }) =>
      slugs.flatMap((slug, index) => favoritePair(slug, tokens[index % tokens.length]!)),
  },
  {
    name: 'create',
    goal: { app: 0.9, database: 1 },
    comparison: 'shape',
    requests: ({ tokens, tags }) =>
      tokens.map((token) => ({ method: 'POST', path: '/api/articles', token, body: () => newArticle(tags) })),
  },
];

/** Requests that set a favorite and take it away. */
export function favoritePair(slug: string, token: string): HttpRequest[] {
  const path = `/api/articles/${encoded(slug)}/favorite`;
  return [
    { method: 'POST', path, token },
    { method: 'DELETE', path, token },
  ];
}

export const endpointNames = endpoints.map(({ name }) => name);

/** Returns the requests of one endpoint. */
export const requestsOf = (name: string, samples: Samples): HttpRequest[] =>
  endpoints.find((endpoint) => endpoint.name === name)!.requests(samples);
