import type { Queue } from 'bullmq';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { OperatorLogin } from './operator-login.js';

const PATH = '/queues';

/** Blocks the fonts of another site that bull-board's page refers to; its styles are inline. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A queue, with the name that an operator knows it by. */
export interface NamedQueue {
  readonly name: string;
  readonly queue: Queue;
}

/**
 * Serves bull-board at `/queues` to the operator. Call it before the server is ready. Loads bull-board lazily.
 * @param server Fastify's instance, as Nest's `HttpAdapterHost` has it
 * @param queues in display order
 * @param password of the user `operator`
 */
export async function serveBoard(
  server: FastifyInstance,
  queues: readonly NamedQueue[],
  password: string,
): Promise<void> {
  const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/fastify'),
  ]);
  const board = new FastifyAdapter();
  createBullBoard({
    queues: queues.map(({ name, queue }) => new BullMQAdapter(queue, { displayName: name })),
    serverAdapter: board,
    options: { uiConfig: { boardTitle: 'Tearline queues' } },
  });
  board.setBasePath(PATH);
  const login = new OperatorLogin(password);
  // Not awaited: that would make Fastify start, and routes of that moment never get the host's error handler.
  void server.register(async (scope) => {
    const authenticate = async (request: FastifyRequest, reply: FastifyReply) => {
      void reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
      void reply.header('referrer-policy', 'no-referrer');
      return refuse(login, request, reply);
    };
    // On each route, not on the scope: it must run after the host's hook that records the route.
    scope.addHook('onRoute', (route) => {
      const hooks = [route.onRequest ?? []].flat();
      if (!hooks.includes(authenticate)) route.onRequest = [...hooks, authenticate];
    });
    await scope.register(board.registerPlugin(), { prefix: PATH });
  });
}

/** Replies itself: bull-board's error handler does not know the format of this API's errors. */
function refuse(
  login: OperatorLogin,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  switch (login.check(request.headers.authorization, request.ip)) {
    case 'too-many-failures':
      return reply
        .code(429)
        .header('retry-after', '60')
        .send(body('too many failed logins, try again later'));
    case 'missing':
    case 'invalid':
      return reply
        .code(401)
        .header('www-authenticate', 'Basic realm="Tearline queues", charset="UTF-8"')
        .send(body('is invalid'));
    case 'valid':
      break;
  }
  // A browser sends the password with requests that other sites make, too; those must not change anything.
  const site = request.headers['sec-fetch-site'];
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead && site !== undefined && site !== 'same-origin')
    return reply.code(403).send(body("must be requested from the board's own page"));
  return undefined;
}

const body = (message: string) => ({ errors: { operator: [message] } });
