import type { HttpRequest } from '../../kit/endpoints.js';
import type { Samples } from '../../kit/samples.js';

/** Requests of one kind of load. */
export interface Mix {
  readonly name: string;
  readonly shots: readonly HttpRequest[];
}

const USERS = 500;

/** What 500 users do one after the other, each with their token, so that each must see what they have written. */
export function mixes(samples: Samples): Mix[] {
  const users = Array.from({ length: USERS }, (_, user) => ({
    reads: [...readsOf(samples, user), ...readsOf(samples, user + USERS)],
    writes: writesOf(samples, user),
  }));
  return [
    { name: 'reads', shots: users.flatMap(({ reads }) => reads) },
    // The reads behind the writes are the ones that a replica may not be ready for.
    { name: 'reads and 11 % writes', shots: users.flatMap(({ reads, writes }) => [...writes, ...reads]) },
  ];
}

function readsOf(samples: Samples, at: number): HttpRequest[] {
  const pick = (list: readonly string[]) => encodeURIComponent(list[at % list.length]!);
  const token = samples.tokens[(at % USERS) % samples.tokens.length];
  return [
    `/api/articles/${pick(samples.slugs)}`,
    '/api/articles?limit=20',
    `/api/articles?tag=${pick(samples.tags)}&limit=20`,
    `/api/articles?author=${pick(samples.authors)}&limit=20`,
    '/api/articles/feed?limit=20',
    '/api/tags',
    `/api/profiles/${pick(samples.usernames)}`,
    `/api/articles/${pick(samples.discussedSlugs)}/comments`,
  ].map((path) => ({ method: 'GET', path, token }));
}

function writesOf(samples: Samples, user: number): HttpRequest[] {
  const path = `/api/articles/${encodeURIComponent(samples.slugs[user % samples.slugs.length]!)}/favorite`;
  const token = samples.tokens[user % samples.tokens.length];
  return [
    { method: 'POST', path, token },
    { method: 'DELETE', path, token },
  ];
}
