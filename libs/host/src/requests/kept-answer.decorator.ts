import { applyDecorators, Header } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { JSON_TYPE } from '../json-type.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    isAnswerKept?: boolean;
  }
}

/**
 * For a route that answers all alike who have not said who they are, by what its URL says and nothing else, with JSON that
 * a cache gives it as bytes: while those are good they are sent without asking the route again.
 * @example @Get() @KeptAnswer() list(): Buffer | Promise<Buffer> {}
 */
export const KeptAnswer = () =>
  applyDecorators(Header('content-type', JSON_TYPE), RouteConfig({ isAnswerKept: true }));
