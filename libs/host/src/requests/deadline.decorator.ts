import { RouteConfig } from '@nestjs/platform-fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    deadline?: number | 'none';
  }
}

/**
 * Gives a route a time of its own instead of `REQUEST_TIMEOUT_MS`.
 * @param time milliseconds, or `none` for an answer that goes on until one of the two ends it; each call that it makes
 *   over a seam still has the time that its contract gives it
 * @example @Get('stream') @Deadline('none') stream() {}
 */
export const Deadline = (time: number | 'none'): MethodDecorator & ClassDecorator =>
  RouteConfig({ deadline: time });
