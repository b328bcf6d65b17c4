import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { HostSettings } from '../settings/host-settings.js';

/** Returns the origins whose pages may call with the user's cookies: those that `CORS_ORIGINS` names. */
export function corsOrigins({ CORS_ORIGINS: setting }: Pick<HostSettings, 'CORS_ORIGINS'>): string[] {
  return setting === '*' ? [] : setting.split(',').map((origin) => origin.trim());
}

const EXPOSED = 'X-Request-Id, Retry-After, Consistency-Token, Degraded, X-CSRF-Token';

/** Returns the headers of a response to a page of an origin. */
export type CrossOriginHeaders = (origin: string | undefined) => Readonly<Record<string, string>>;

export function crossOriginHeaders(setting: HostSettings['CORS_ORIGINS']): CrossOriginHeaders {
  const exposed = { 'access-control-expose-headers': EXPOSED };
  const everyOrigin = { 'access-control-allow-origin': '*', ...exposed };
  if (setting === '*') return () => everyOrigin;
  const origins = new Set(corsOrigins({ CORS_ORIGINS: setting }));
  return (origin) => ({
    vary: 'Origin',
    ...(origin !== undefined &&
      origins.has(origin) && {
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
      }),
    ...exposed,
  });
}

/** Answers preflights. On other requests the library takes 2 µs to compute the same two headers again. */
export function answerPreflights(server: FastifyInstance, setting: HostSettings['CORS_ORIGINS']): void {
  // A separate scope, so that the library's hook runs for its own route only.
  void server.register(async (scope) => {
    await scope.register(cors, {
      origin: setting === '*' ? '*' : corsOrigins({ CORS_ORIGINS: setting }),
      credentials: setting !== '*',
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: [
        'Authorization',
        'Content-Type',
        'Idempotency-Key',
        'X-CSRF-Token',
        'X-Request-Id',
        'Consistency',
        'Consistency-Token',
      ],
      maxAge: 86_400,
      strictPreflight: false,
    });
  });
}
