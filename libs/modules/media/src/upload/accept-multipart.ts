import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { errorCodes, type FastifyInstance } from 'fastify';

const ROUTE = '/api/media';

/** Makes the server pass multipart bodies unparsed to the upload route; all other routes still reject them. */
@Injectable()
export class AcceptMultipart implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter?.getInstance<FastifyInstance>();
    server?.addContentTypeParser('multipart/form-data', (request, _payload, done) => {
      const { headers, routeOptions } = request;
      const isEmpty =
        headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
      if (isEmpty || routeOptions.url === ROUTE) done(null, undefined);
      else done(new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(), undefined);
    });
  }
}
