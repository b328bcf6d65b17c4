import { routeConfig } from '../requests/route-config.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    bodyType?: string;
  }
}

/**
 * Marks a route that reads its body itself, as a stream. Bodies of other types get 415.
 * @param type the media type, without parameters
 * @example @Post() @BodyType('multipart/form-data') upload(@Req() { raw }: FastifyRequest) {}
 */
export const BodyType = (type: string): MethodDecorator & ClassDecorator => routeConfig({ bodyType: type });
