import type { Queue } from 'bullmq';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { OperatorLogin } from './operator-login.js';

const PATH = '/queues';

/** Its page names fonts of somebody else's, which it does well without; styles are set inline. */
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

/**
 * Shows the queues at `/queues` to the operator (bull-board). Called before the server is ready; a process that does
 * not call it does not load the board either.
 * @param server Fastify's instance, as Nest's `HttpAdapterHost` has it
 * @param queues in the order in which they are shown
 * @param password of the user `operator`
 */
export async function serveBoard(
  server: FastifyInstance,
  queues: readonly Queue[],
  password: string,
): Promise<void> {
  const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/fastify'),
  ]);
  const board = new FastifyAdapter();
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue)),
    serverAdapter: board,
    options: { uiConfig: { boardTitle: 'Tearline queues' } },
  });
  board.setBasePath(PATH);
  const login = new OperatorLogin(password);
  // Not awaited: Fastify would begin to start, and routes that are there by then never get the host's error handler.
  void server.register(async (scope) => {
    const guard = async (request: FastifyRequest, reply: FastifyReply) => {
      void reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
      void reply.header('referrer-policy', 'no-referrer');
      return refuse(login, request, reply);
    };
    // On the routes and not on the scope: only there it comes after the host has noted which route is asked for.
    scope.addHook('onRoute', (route) => {
      const hooks = [route.onRequest ?? []].flat();
      if (!hooks.includes(guard)) route.onRequest = [...hooks, guard];
    });
    await scope.register(board.registerPlugin(), { prefix: PATH });
  });
}

/** Answers here: the board has an error handler of its own, which knows nothing of how this API tells of errors. */
function refuse(
  login: OperatorLogin,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  switch (login.check(request.headers.authorization, request.ip)) {
    case 'too-many':
      return reply
        .code(429)
        .header('retry-after', '60')
        .send(body('too many failed logins, try again later'));
    case 'missing':
    case 'wrong':
      return reply
        .code(401)
        .header('www-authenticate', 'Basic realm="Tearline queues", charset="UTF-8"')
        .send(body('is invalid'));
    case 'right':
      break;
  }
  // A browser sends the password along whoever asks it to; other sites may not make it change anything.
  const site = request.headers['sec-fetch-site'];
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (!reads && site !== undefined && site !== 'same-origin')
    return reply.code(403).send(body('must be asked from its own page'));
  return undefined;
}

const body = (message: string) => ({ errors: { operator: [message] } });
