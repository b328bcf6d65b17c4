import type { Logger } from 'pino';
import type { Exchange } from './exchange.js';

/** Writes one line for each request. */
export class RequestLog {
  constructor(private readonly logger: Logger) {}

  write({ request, call, route }: Exchange, status: number, milliseconds: number): void {
    const level = route.isProbe ? 'debug' : status >= 500 ? 'warn' : 'info';
    this.logger[level](
      {
        requestId: call.requestId,
        method: request.method,
        url: withoutSecrets(request.raw.url ?? ''),
        route: route.path,
        module: route.module,
        status,
        duration: Math.round(milliseconds * 1000) / 1000,
        userId: call.principal?.id,
      },
      'request',
    );
  }
}

function withoutSecrets(url: string): string {
  if (!url.includes('?')) return url;
  return url.replace(/([?&][^=&]*(?:token|password|secret|key|code|signature)[^=&]*=)[^&]*/gi, '$1[redacted]');
}
