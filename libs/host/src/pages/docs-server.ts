import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { withRemoteDocs } from './docs-parts.js';
import { documentOf } from './document.js';

/** Creates the server of the OpenAPI document and its pages, which does not listen; see `serveDocs`. */
export async function createDocsServer(
  app: NestFastifyApplication,
  version: string,
  from: readonly string[],
): Promise<FastifyInstance> {
  const adapter = new FastifyAdapter();
  const withOwnServer = Object.create(app, {
    getHttpAdapter: { value: () => adapter },
  }) as NestFastifyApplication;
  SwaggerModule.setup('docs', withOwnServer, () => documentOf(app, version), {
    raw: ['json'],
    ...(from.length > 0 && {
      patchDocumentOnRequest: (_request, _reply, own) => withRemoteDocs(own, from),
    }),
  });
  const server = adapter.getInstance();
  await server.ready();
  return server;
}
