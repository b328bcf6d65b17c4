import { applyDecorators, Header } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { JSON_TYPE } from '../server/json-bodies.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    isResponseCached?: boolean;
  }
}

/** The port through which a host finds responses before it runs the handlers of its routes. */
export interface ResponseCache {
  /** Returns the cached body of an anonymous GET of this URL; undefined when the route must run. */
  find(url: string): Buffer | undefined;
  /** Stores the body of a route's response to an anonymous GET. */
  store(url: string, body: Buffer): void;
}

/**
 * Marks a GET route whose response to anonymous clients depends on the URL alone, and whose handler returns JSON bytes
 * that come from a cache: while these are valid, the host sends them without running the route.
 * @example @Get() @CachedResponse() list(): Buffer | Promise<Buffer> {}
 */
export const CachedResponse = () =>
  applyDecorators(Header('content-type', JSON_TYPE), RouteConfig({ isResponseCached: true }));

/** Sends a cached response, if there is one. Guards, pipes and handler, half the cost of such a request, do not run. */
export function sendCached(
  cache: ResponseCache,
  request: FastifyRequest,
  reply: FastifyReply,
  done: () => void,
): void {
  const body = isShareable(request) ? cache.find(request.raw.url!) : undefined;
  if (body === undefined) done();
  else void reply.header('content-type', JSON_TYPE).send(body);
}

/** Stores a successful response to an anonymous client. */
export function storeResponse(
  cache: ResponseCache,
  request: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
): void {
  if (reply.statusCode === 200 && Buffer.isBuffer(body) && isShareable(request))
    cache.store(request.raw.url!, body);
}

/** Returns whether a response may be shared: requests with a token or a consistency requirement may need another one. */
function isShareable({ headers, inFlight }: FastifyRequest): boolean {
  const { level, required } = inFlight!.call.consistency;
  return headers.authorization === undefined && level === undefined && required.size === 0;
}
