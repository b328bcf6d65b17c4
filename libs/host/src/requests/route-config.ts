import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig } from 'fastify';

/** Adds to the configuration of a route, which Nest's own decorator replaces. */
export function routeConfig(config: Partial<FastifyContextConfig>): MethodDecorator & ClassDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const decorated = (descriptor?.value as object | undefined) ?? target;
    const known = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, decorated) as object | undefined;
    const decorate = RouteConfig({ ...known, ...config }) as (...place: unknown[]) => void;
    decorate(target, key, descriptor);
  };
}
