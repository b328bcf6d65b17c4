import type { FastifyInstance } from 'fastify';
import { errorCodes } from 'fastify';

/** The content type of every response; a route that returns JSON as text or bytes sets it by `@Header`. */
export const JSON_TYPE = 'application/json; charset=utf-8';

/** Accepts JSON bodies, and empty bodies with any `Content-Type`, which many clients send. */
export function acceptJsonBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else void parse(request, body as string, done);
  });
  server.addContentTypeParser('*', ({ headers }, _payload, done) => {
    const isEmpty =
      headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
    if (isEmpty) done(null, undefined);
    else done(new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(), undefined);
  });
}
