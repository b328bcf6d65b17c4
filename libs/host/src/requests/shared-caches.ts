import type { FastifyRequest } from 'fastify';

/** Of all responses that say nothing else. */
export const NOT_STORED = 'no-store';

/** Purges end the life of a response; this bounds it where the data changed without one, as by a manual correction. */
const MAX_AGE = 'max-age=600';
/** Seconds in which a response that is past that may be sent while it is fetched again, and for which it may replace an error. */
const WHEN_STALE = 'stale-while-revalidate=10, stale-if-error=86400';
/** What is absent is asked for at random, and would fill a cache. */
const MAX_AGE_OF_ABSENCE = 'max-age=10';

/**
 * The headers of a response that is the same for all anonymous clients. Browsers keep it and ask each time whether it is current,
 * since no purge reaches them.
 */
export const publicHeaders = { 'cache-control': 'public, no-cache' };

/** Returns the headers for shared caches, which purge by key (RFC 9213 and the header of Fastly and Varnish). */
export const sharedHeaders = (surrogateKeys: string, status: number) => ({
  'cdn-cache-control': status === 404 ? MAX_AGE_OF_ABSENCE : `${MAX_AGE}, ${WHEN_STALE}`,
  'surrogate-key': surrogateKeys,
});

/** Returns whether the client has the current bytes. The comparison is weak, as for every GET (RFC 9110, 13.1.2). */
export function isUnchanged({ headers }: FastifyRequest, etag: string): boolean {
  const known = headers['if-none-match'];
  if (known === undefined) return false;
  return (
    known === etag || known.split(',').some((each) => ['*', etag].includes(each.trim().replace(/^W\//, '')))
  );
}
