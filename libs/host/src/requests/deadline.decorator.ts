import { routeConfig } from './route-config.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    deadline?: number | 'none';
  }
}

/**
 * Sets the timeout of a route, instead of `REQUEST_TIMEOUT_MS`.
 * @param time milliseconds, or `none` for a response that lasts until client or host ends it; calls that the route makes
 *   over a seam still have the timeouts of their contracts
 * @example @Get('stream') @Deadline('none') stream() {}
 */
export const Deadline = (time: number | 'none'): MethodDecorator & ClassDecorator =>
  routeConfig({ deadline: time });
