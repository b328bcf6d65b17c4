import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { withRemoteDocs } from './docs-parts.js';

/**
 * Serves the OpenAPI document at `/docs` and `/docs-json`. The first request generates it from the code.
 * @param from addresses of other hosts, whose documents are fetched and merged on each request
 */
export function serveDocs(app: NestFastifyApplication, from: readonly string[]): void {
  const config = new DocumentBuilder()
    .setTitle('Tearline')
    .setDescription('The RealWorld ("Conduit") API. Present the token as `Authorization: Token <jwt>`.')
    .setVersion('1.0.0')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'Authorization', description: 'Token <jwt>' }, 'Token')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config), {
    raw: ['json'],
    ...(from.length > 0 && {
      patchDocumentOnRequest: (_request, _reply, own) => withRemoteDocs(own, from),
    }),
  });
}
