import type { CallContext } from '@tearline/seam';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OpenRequests } from './open-requests.js';
import type { Route } from './route.js';

/** One request and its answer, while they are under way. */
export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  call: CallContext;
  /** Milliseconds of `performance.now()`. */
  readonly started: number;
  route: Route;
  /** Those among whom it waits for its deadline. */
  open: OpenRequests<Exchange>;
}

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange | null;
  }
}
