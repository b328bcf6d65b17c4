import { applyDecorators, Header } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CallContext } from '@tearline/seam';
import { routeConfig } from './route-config.js';
import { isUnchanged, publicHeaders, sharedHeaders } from './shared-caches.js';
import { JSON_TYPE } from '../server/json-bodies.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    isResponseCached?: boolean;
  }
}

/** The port through which a host finds responses before it runs the handlers of its routes. */
export interface ResponseCache {
  /** Returns the cached response to an anonymous GET of this URL; undefined when the route must run. */
  find(url: string): CachedBody | undefined;
  /** Stores the body of a route's response to an anonymous GET. */
  store(url: string, body: Buffer): void;
  /** Returns what the response to a call is made of, also when it says that there is nothing; undefined when it is not known. */
  sourceOf(call: CallContext): ResponseSource | undefined;
}

/** What a response is made of. */
export interface ResponseSource {
  /** Identifies the bytes of the body, with its quotes. */
  readonly etag: string;
  /** The keys by which shared caches purge it, separated by spaces; undefined when nothing purges them. */
  readonly surrogateKeys: string | undefined;
}

/** A response and what it is made of. */
export interface CachedBody extends ResponseSource {
  readonly json: Buffer;
}

/**
 * Marks a GET route whose response to anonymous clients depends on the URL alone, and whose handler returns JSON bytes
 * that come from a cache: while these are valid, the host sends them without running the route, and shared caches may store them.
 * @example @Get() @CachedResponse() list(): Buffer | Promise<Buffer> {}
 */
export const CachedResponse = () =>
  applyDecorators(Header('content-type', JSON_TYPE), routeConfig({ isResponseCached: true }));

/** Sends a cached response, if there is one. Guards, pipes and handler, half the cost of such a request, do not run. */
export function sendCached(
  cache: ResponseCache,
  request: FastifyRequest,
  reply: FastifyReply,
  done: () => void,
): void {
  const found = isAnyVersionEnough(request) ? cache.find(request.raw.url!) : undefined;
  if (found === undefined) return done();
  void reply.header('content-type', JSON_TYPE).headers(publicHeaders).header('etag', found.etag);
  if (isUnchanged(request, found.etag)) void reply.code(304).removeHeader('content-type').send();
  else void reply.send(found.json);
}

/**
 * Completes a response to an anonymous client: stores a successful one, and describes it to caches.
 * @returns the body to send; null when the client has it
 */
export function completeResponse<T>(
  cache: ResponseCache,
  request: FastifyRequest,
  reply: FastifyReply,
  body: T,
): T | null {
  const { statusCode } = reply;
  // An earlier hook has sent and described a cached one.
  if ((statusCode !== 200 && statusCode !== 404) || reply.hasHeader('etag') || !isAnonymous(request))
    return body;
  if (request.inFlight!.call.consistency.degraded) return body;
  if (statusCode === 200 && Buffer.isBuffer(body) && isAnyVersionEnough(request))
    cache.store(request.raw.url!, body);
  const source = cache.sourceOf(request.inFlight!.call);
  if (!source) return body;
  const { surrogateKeys, etag } = source;
  void reply.headers(publicHeaders);
  if (surrogateKeys !== undefined && isLatestVersion(request))
    void reply.headers(sharedHeaders(surrogateKeys, statusCode));
  if (statusCode === 404) return body;
  void reply.header('etag', etag);
  if (!isUnchanged(request, etag)) return body;
  void reply.code(304).removeHeader('content-type').removeHeader('content-length');
  return null;
}

/** Returns whether the response is the same for all clients: the request carries nothing that tells who asks, or what they know. */
function isAnonymous({ headers: { authorization, cookie }, inFlight }: FastifyRequest): boolean {
  const { required } = inFlight!.call.consistency;
  return authorization === undefined && !cookie?.includes('session=') && required.size === 0;
}

/** Returns whether an anonymous client asks for no consistency of its own. */
const isAnyVersionEnough = (request: FastifyRequest) =>
  isAnonymous(request) && request.inFlight!.call.consistency.level === undefined;

/** Returns whether the response includes every write before the request. */
const isLatestVersion = ({ inFlight }: FastifyRequest) => inFlight!.call.consistency.level === 'strong';
