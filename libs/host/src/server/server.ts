import { fastify, type FastifyInstance } from 'fastify';
import { acceptJsonBodies } from './json-bodies.js';
import { respondToClientError } from '../errors/client-error.js';
import { allowOrigins } from './cross-origin.js';
import type { RequestLifecycle } from '../requests/request-lifecycle.js';
import { sendHttpError, toHttpError } from '../errors/http-error.js';
import type { HostSettings } from '../settings/host-settings.js';
import { requestIdOf } from '../requests/request-id.js';
import { setSecurityHeaders } from './security-headers.js';

/** Creates the HTTP server of a host, with the hooks that have to come before Nest's. */
export async function createServer(
  settings: HostSettings,
  requests: RequestLifecycle,
): Promise<FastifyInstance> {
  const server = fastify({
    bodyLimit: settings.BODY_LIMIT,
    trustProxy: toTrustProxy(settings.TRUST_PROXY),
    // A slug of 255 Korean characters has about 2,300 when percent-encoded.
    routerOptions: { maxParamLength: 4096 },
    // Limits the arrival of the request; the deadline limits the rest.
    requestTimeout: 30_000,
    return503OnClosing: false,
    genReqId: requestIdOf,
    frameworkErrors: (error, request, reply) => {
      requests.begin(request, reply);
      sendHttpError(reply, toHttpError(error));
    },
    clientErrorHandler: respondToClientError,
  });
  requests.attach(server);
  acceptJsonBodies(server);
  await setSecurityHeaders(server);
  allowOrigins(server, settings.CORS_ORIGINS);
  return server;
}

/** Returns fastify's option. A number trusts that many proxies at any address, for a host that only they can reach. */
function toTrustProxy(setting: HostSettings['TRUST_PROXY']) {
  if (setting === 'off') return false;
  if (!/^\d$/.test(setting)) return setting.split(',').map((network) => network.trim());
  const proxies = Number(setting);
  return (_address: string, hop: number) => hop < proxies;
}
