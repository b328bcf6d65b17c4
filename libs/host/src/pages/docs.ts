import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Headers of a connection, which the host sets itself. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'transfer-encoding',
]);

/**
 * Serves the OpenAPI document at `/docs` and `/docs-json`. The first request loads Swagger, and generates the document from the code.
 * @param version of the application
 * @param from addresses of other hosts, whose documents are fetched and merged on each request
 */
export function serveDocs(app: NestFastifyApplication, version: string, from: readonly string[]): void {
  let server: Promise<FastifyInstance> | undefined;
  const open = async () => {
    const { createDocsServer } = await import('./docs-server.js');
    return createDocsServer(app, version, from);
  };
  const respond = async (request: FastifyRequest, reply: FastifyReply) => {
    const docs = await (server ??= open());
    const { method, url, headers } = request;
    const response = await docs.inject({ method: method as 'GET', url, headers });
    for (const [name, value] of Object.entries(response.headers))
      if (value !== undefined && !OF_CONNECTION.has(name)) void reply.header(name, value);
    return reply.code(response.statusCode).send(response.rawPayload);
  };
  const instance = app.getHttpAdapter().getInstance();
  for (const path of ['/docs', '/docs/*', '/docs-json']) instance.get(path, respond);
}
