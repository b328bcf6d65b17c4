import helmet, { type FastifyHelmetOptions } from '@fastify/helmet';
import { fastify, type FastifyInstance } from 'fastify';

/** For responses that are not pages: they load nothing and are not framed. */
const API: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  // These apply to pages only, or to obsolete browsers.
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  dnsPrefetchControl: false,
  frameguard: false,
  ieNoOpen: false,
  originAgentCluster: false,
  permittedCrossDomainPolicies: false,
  referrerPolicy: false,
  xssFilter: false,
};

/** For pages: the documentation has inline styles, and development has no TLS to upgrade to. */
const PAGE: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    directives: { styleSrc: ["'self'", "'unsafe-inline'"], upgradeInsecureRequests: null },
  },
};

/** Returns helmet's headers for APIs. */
export const securityHeaders = () => headersOf(API);

/** Sets helmet's headers for pages on the host's own pages. */
export async function setPageHeaders(server: FastifyInstance): Promise<void> {
  const page = await headersOf(PAGE);
  server.addHook('onRoute', (route) => {
    if (!/^\/((docs|guide)(\/.*)?)?$/.test(route.url)) return;
    route.onRequest = [route.onRequest ?? []].flat();
    route.onRequest.push((_request, reply, done) => {
      void reply.headers(page);
      done();
    });
  });
}

/**
 * Returns the headers that helmet sets with these options. They are constant, so they are computed once; the plugin
 * computes them for each request, at twice the cost of all of Nest.
 */
async function headersOf(options: FastifyHelmetOptions): Promise<Record<string, string>> {
  const probe = fastify();
  await probe.register(helmet, options);
  probe.get('/', () => '');
  const { headers } = await probe.inject('/');
  await probe.close();
  const own = new Set(['content-type', 'content-length', 'date', 'connection']);
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (own.has(name) ? [] : [[name, String(value)]])),
  );
}
