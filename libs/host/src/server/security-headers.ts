import helmet, { type FastifyHelmetOptions } from '@fastify/helmet';
import { fastify, type FastifyInstance } from 'fastify';

/** Headers of responses that are not pages: they may load nothing and must not be framed. */
const API: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  // These concern pages only, or browsers that are no longer in use.
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

/** The documentation's page styles itself inline; a laptop has no TLS to upgrade to. */
const PAGE: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    directives: { styleSrc: ["'self'", "'unsafe-inline'"], upgradeInsecureRequests: null },
  },
};

/** Sets helmet's headers on every answer, and all of them on the host's own pages. */
export async function setSecurityHeaders(server: FastifyInstance): Promise<void> {
  const [api, page] = await Promise.all([headersOf(API), headersOf(PAGE)]);
  server.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(api);
    done();
  });
  server.addHook('onRoute', (route) => {
    if (!/^\/(docs(\/.*)?)?$/.test(route.url)) return;
    route.onRequest = [route.onRequest ?? []].flat();
    route.onRequest.push((_request, reply, done) => {
      void reply.headers(page);
      done();
    });
  });
}

/**
 * What helmet says with these options. It is asked once, when the host starts: the answer never changes, and the
 * plugin would work it out anew for each request, which costs twice as much as all of Nest.
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
