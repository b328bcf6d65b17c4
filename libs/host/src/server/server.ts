import { fastify, type FastifyInstance } from 'fastify';
import { acceptJsonBodies } from './json-bodies.js';
import { respondToClientError, respondToExpectation } from '../errors/client-error.js';
import { answerPreflights, crossOriginHeaders } from './cross-origin.js';
import { rejectMalformed } from '../requests/malformed-requests.js';
import { LargeValues } from '../requests/large-values.js';
import type { MemoryBudget } from '@tearline/seam';
import type { RequestLifecycle } from '../requests/request-lifecycle.js';
import { sendHttpError, toHttpError } from '../errors/http-error.js';
import type { HostSettings } from '../settings/host-settings.js';
import { requestIdOf } from '../requests/request-id.js';
import { NOT_STORED } from '../requests/shared-caches.js';
import { securityHeaders, setPageHeaders } from './security-headers.js';
import { toTrustProxy } from './trusted-proxies.js';

const HEADERS_TIMEOUT_MS = 10_000;
const CHECK_INTERVAL_MS = 1_000;
const MIN_ARRIVAL_MS = 30_000;

/** Creates the HTTP server of a host, with the hooks that have to come before Nest's. */
export async function createServer(
  settings: HostSettings,
  requests: RequestLifecycle,
  memory: MemoryBudget,
): Promise<FastifyInstance> {
  const ofOrigin = crossOriginHeaders(settings.CORS_ORIGINS);
  const ofEach = { ...(await securityHeaders()), 'cache-control': NOT_STORED };
  const headersFor = (origin: string | undefined) => ({ ...ofEach, ...ofOrigin(origin) });
  const server = fastify({
    bodyLimit: settings.BODY_LIMIT,
    trustProxy: toTrustProxy(settings.TRUST_PROXY),
    // A slug of 255 Korean characters has about 2,300 when percent-encoded.
    routerOptions: { maxParamLength: 4096 },
    // A head has so long to arrive; a whole request, `acceptRequestsFor`.
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      // A hook rejects its absence, in the form of all errors.
      requireHostHeader: false,
    },
    requestTimeout: MIN_ARRIVAL_MS,
    return503OnClosing: false,
    genReqId: requestIdOf,
    frameworkErrors: (error, request, reply) => {
      requests.begin(request, reply);
      void reply.headers(headersFor(request.headers.origin));
      sendHttpError(reply, toHttpError(error));
    },
    clientErrorHandler: (error, socket) => respondToClientError(error, socket, headersFor),
  });
  server.server.on('checkExpectation', (request, response) =>
    respondToExpectation(request, response, headersFor),
  );
  // Before all hooks that may reject the request.
  server.addHook('onRequest', ({ headers: { origin } }, reply, done) => {
    void reply.headers(ofEach).headers(ofOrigin(origin));
    done();
  });
  requests.attach(server);
  new LargeValues(memory, settings.BODY_LIMIT).attach(server);
  acceptJsonBodies(server);
  server.addHook('onRequest', rejectMalformed);
  await setPageHeaders(server);
  answerPreflights(server, settings.CORS_ORIGINS);
  return server;
}

/**
 * Lets requests arrive for as long as the longest deadline of a route, and 30 seconds at least. The deadline ends a request; this
 * limit ends the rest of a body that arrives after its response.
 */
export function acceptRequestsFor({ server }: FastifyInstance, longestDeadline: number): void {
  server.requestTimeout = Math.max(MIN_ARRIVAL_MS, longestDeadline);
}
