import type { Samples } from './samples.js';

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly token?: string | undefined;
  /** A function where each request needs another one. */
  readonly body?: string | (() => string | Buffer<ArrayBuffer>);
  /** Of the body; JSON by default. */
  readonly type?: string;
}

/** One operation, as it is loaded and judged. */
export interface Endpoint {
  readonly name: string;
  /** CPU milliseconds a request that we are out to stay below. */
  readonly goal?: { readonly app: number; readonly database: number };
  /** How much more CPU than the yardstick we allow ourselves: this many times, or this many milliseconds. */
  readonly above: { readonly times: number } | { readonly milliseconds: number };
  /** With the cache on: how many times the CPU of Nest with a ready-made answer. */
  readonly aboveReady?: number;
  /** What the raw server's answer must have in common with the monolith's; its login only hashes. */
  readonly alike: 'bytes' | 'shape' | 'nothing';
  /** Sent in this order, again and again. */
  requests(samples: Samples): HttpRequest[];
}

const get = (path: string, token?: string): HttpRequest => ({ method: 'GET', path, token });
const encoded = encodeURIComponent;
const list = (filter: string, values: readonly string[]) =>
  values.map((value) => get(`/api/articles?${filter}=${encoded(value)}&limit=20`));

let written = 0;
const PARAGRAPH =
  'The numbers surprised us, so we counted again. It helps to write down what you expect before you look. ';

function newArticle(tags: readonly string[]): string {
  written += 1;
  const tagList = [0, 1, 2].map((offset) => tags[(written * 7 + offset) % tags.length]!);
  const title = `What the load of today has to say ${written}`;
  return JSON.stringify({
    article: { title, description: 'One of many.', body: PARAGRAPH.repeat(12), tagList },
  });
}

/** Reads first, so that what the writes add is in nobody's way. */
export const endpoints: readonly Endpoint[] = [
  {
    name: 'list',
    goal: { app: 0.6, database: 0.8 },
    above: { times: 2.5 },
    aboveReady: 2,
    alike: 'bytes',
    requests: () => [get('/api/articles?limit=20')],
  },
  {
    name: 'tag',
    goal: { app: 0.6, database: 0.8 },
    above: { times: 2.5 },
    alike: 'bytes',
    requests: ({ tags }) => list('tag', tags),
  },
  { name: 'author', above: { times: 2 }, alike: 'bytes', requests: ({ authors }) => list('author', authors) },
  {
    name: 'article',
    goal: { app: 0.3, database: 0.25 },
    above: { times: 2 },
    aboveReady: 2,
    alike: 'bytes',
    requests: ({ slugs }) => slugs.map((slug) => get(`/api/articles/${encoded(slug)}`)),
  },
  {
    name: 'feed',
    goal: { app: 0.7, database: 0.8 },
    above: { times: 2.5 },
    alike: 'bytes',
    requests: ({ tokens }) => tokens.map((token) => get('/api/articles/feed?limit=20', token)),
  },
  {
    name: 'tags',
    goal: { app: 0.12, database: 0.08 },
    above: { times: 2 },
    alike: 'bytes',
    requests: () => [get('/api/tags')],
  },
  {
    name: 'profile',
    goal: { app: 0.2, database: 0.15 },
    above: { times: 2 },
    alike: 'bytes',
    requests: ({ usernames }) => usernames.map((name) => get(`/api/profiles/${encoded(name)}`)),
  },
  {
    name: 'comments',
    above: { times: 2 },
    alike: 'bytes',
    requests: ({ discussedSlugs }) =>
      discussedSlugs.map((slug) => get(`/api/articles/${encoded(slug)}/comments`)),
  },
  {
    name: 'login',
    above: { milliseconds: 1 },
    alike: 'nothing',
    requests: ({ emails }) =>
      emails.map((email) => ({
        method: 'POST',
        path: '/api/users/login',
        body: JSON.stringify({ user: { email, password: 'password' } }),
      })),
  },
  {
    name: 'favorite',
    above: { times: 2 },
    alike: 'bytes',
    // Each pair in one piece, and pairs apart: two users who like one article at once would wait for each other.
    requests: ({ slugs, tokens }) =>
      slugs.flatMap((slug, index) => {
        const path = `/api/articles/${encoded(slug)}/favorite`;
        const token = tokens[index % tokens.length];
        return [
          { method: 'POST', path, token },
          { method: 'DELETE', path, token },
        ] as const;
      }),
  },
  {
    name: 'create',
    goal: { app: 0.9, database: 1 },
    above: { times: 2 },
    alike: 'shape',
    requests: ({ tokens, tags }) =>
      tokens.map((token) => ({ method: 'POST', path: '/api/articles', token, body: () => newArticle(tags) })),
  },
];
