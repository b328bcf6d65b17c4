import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { withCommonErrors } from './common-errors.js';

/** Returns the OpenAPI document of an application's routes. */
export function documentOf(app: NestFastifyApplication, version: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Tearline')
    .setDescription(
      'The RealWorld ("Conduit") API. Present the token as `Authorization: Token <jwt>`, or log in with a cookie: `POST /api/sessions`. Requests that are not valid HTTP, too ' +
        'large or too slow get 400, 408, 414, 417 or 431 before they reach a route.',
    )
    .setVersion(version)
    .addApiKey({ type: 'apiKey', in: 'header', name: 'Authorization', description: 'Token <jwt>' }, 'Token')
    .addCookieAuth(
      'session',
      {
        type: 'apiKey',
        in: 'cookie',
        description:
          'Set by POST /api/sessions; over TLS, `__Host-session`. Writes with it need the header `X-CSRF-Token`.',
      },
      'Session',
    )
    .build();
  return withCommonErrors(SwaggerModule.createDocument(app, config));
}
