import type { FastifyReply } from 'fastify';
import type { Fault } from './fault.js';

export function sendFault(reply: FastifyReply, { status, body, retryAfter }: Fault): void {
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter);
  void reply
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(body));
}
