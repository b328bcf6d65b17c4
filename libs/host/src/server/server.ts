import { fastify, type FastifyInstance } from 'fastify';
import { acceptBodies } from './bodies.js';
import { answerClientError } from '../errors/client-error.js';
import { allowOrigins } from './cross-origin.js';
import type { Exchanges } from '../requests/exchanges.js';
import { faultOf } from '../errors/fault.js';
import type { HostSettings } from '../settings/host-settings.js';
import { requestIdOf } from '../requests/request-id.js';
import { setSecurityHeaders } from './security-headers.js';
import { sendFault } from '../errors/send-fault.js';

/** Opens the HTTP server of a host, with everything that has to come before Nest. */
export async function openServer(settings: HostSettings, exchanges: Exchanges): Promise<FastifyInstance> {
  const server = fastify({
    bodyLimit: settings.BODY_LIMIT,
    trustProxy: trusted(settings.TRUST_PROXY),
    // A slug of 255 characters has some 2,300 when Korean and percent-encoded.
    routerOptions: { maxParamLength: 4096 },
    // How long a request may take to arrive; what it takes to answer is the deadline's business.
    requestTimeout: 30_000,
    return503OnClosing: false,
    genReqId: requestIdOf,
    frameworkErrors: (error, request, reply) => {
      exchanges.enter(request, reply);
      sendFault(reply, faultOf(error));
    },
    clientErrorHandler: answerClientError,
  });
  exchanges.attach(server);
  acceptBodies(server);
  await setSecurityHeaders(server);
  allowOrigins(server, settings.CORS_ORIGINS);
  return server;
}

/** A number trusts that many proxies, whatever their addresses: right where nothing else can reach the host. */
function trusted(setting: HostSettings['TRUST_PROXY']) {
  if (setting === 'off') return false;
  if (!/^\d$/.test(setting)) return setting.split(',').map((network) => network.trim());
  const proxies = Number(setting);
  return (_address: string, hop: number) => hop < proxies;
}
