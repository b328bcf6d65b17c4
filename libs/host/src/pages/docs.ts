import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** Serves the API's description, made from the code when somebody first asks for it: `/docs` and `/docs-json`. */
export function serveDocs(app: NestFastifyApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Tearline')
    .setDescription('The RealWorld ("Conduit") API. Present the token as `Authorization: Token <jwt>`.')
    .setVersion('1.0.0')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'Authorization', description: 'Token <jwt>' }, 'Token')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config), { raw: ['json'] });
}
