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
  /** Returns the cached body of an anonymous GET of this URL; undefined when the route has to produce it. */
  find(url: string): Buffer | undefined;
  /** Stores the body with which a route answered an anonymous GET. */
  store(url: string, body: Buffer): void;
}

/**
 * Marks a GET route whose response to anonymous clients depends on the URL alone, and whose handler returns JSON bytes
 * that come from a cache: while these are valid, the host sends them without running the route.
 * @example @Get() @CachedResponse() list(): Buffer | Promise<Buffer> {}
 */
export const CachedResponse = () =>
  applyDecorators(Header('content-type', JSON_TYPE), RouteConfig({ isResponseCached: true }));

/** Sends a cached response past guards, pipes and handlers, which take as long as the rest of such a request. */
export function sendCached(
  cache: ResponseCache,
  request: FastifyRequest,
  reply: FastifyReply,
  done: () => void,
): void {
  const body = isAnonymous(request) ? cache.find(request.raw.url!) : undefined;
  if (body === undefined) done();
  else void reply.header('content-type', JSON_TYPE).send(body);
}

/** Stores the response of a handler, if it is a successful one to an anonymous client. */
export function storeResponse(
  cache: ResponseCache,
  request: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
): void {
  if (reply.statusCode === 200 && Buffer.isBuffer(body) && isAnonymous(request))
    cache.store(request.raw.url!, body);
}

/** A client with a token gets a personal response, and one with a consistency requirement possibly a newer one. */
function isAnonymous({ headers, inFlight }: FastifyRequest): boolean {
  const { level, required } = inFlight!.call.consistency;
  return headers.authorization === undefined && level === undefined && required.size === 0;
}
