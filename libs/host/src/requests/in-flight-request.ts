import type { CallContext } from '@tearline/seam';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Route } from './routes.js';

/** One request and its response, until the response has ended. */
export interface InFlightRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  call: CallContext;
  /** Milliseconds of `performance.now()`. */
  readonly started: number;
  route: Route;
  /** The queue of its timeout. */
  queue: DeadlineQueue;
}

/**
 * The requests in flight that have the same timeout. They are in order of arrival, and so of their deadlines.
 */
export class DeadlineQueue extends Set<InFlightRequest> {
  /** @param timeout milliseconds for each request; `Infinity` for no limit */
  constructor(readonly timeout: number) {
    super();
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    inFlight: InFlightRequest | null;
  }
}
