import type { CallContext } from '@tearline/seam';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Route } from './route.js';

/** One request and its answer, while they are under way. */
export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly call: CallContext;
  /** Milliseconds of `performance.now()`. */
  readonly started: number;
  route: Route;
}

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange | null;
  }
}
