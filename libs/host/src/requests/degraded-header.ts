import type { FastifyReply, FastifyRequest } from 'fastify';
import { NOT_STORED } from './shared-caches.js';

/** Names the modules that could not be asked, in a response that is made without them or of older answers of theirs. */
export function markDegraded({ inFlight }: FastifyRequest, reply: FastifyReply): void {
  const degraded = inFlight?.call.consistency.degraded;
  if (degraded === undefined) return;
  void reply.header('degraded', [...degraded].toSorted().join(', ')).header('cache-control', NOT_STORED);
}
