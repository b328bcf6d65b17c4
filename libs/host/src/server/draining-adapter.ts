import type { Server } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Exchanges } from '../requests/exchanges.js';
import type { Readiness } from '../health/readiness.js';

const CLOSE_IDLE_EVERY_MS = 50;

/** What draining has to know of the host. */
export interface Draining {
  exchanges: Exchanges;
  readiness: Readiness;
  /** Milliseconds that requests have to finish. */
  timeout: number;
}

/**
 * Nest's adapter, which lets requests finish before anything is taken apart: `app.close()` waits for `beforeClose`
 * before it destroys the modules, and would otherwise close their databases under the requests that use them.
 */
export class DrainingAdapter extends FastifyAdapter {
  /** Whether requests were still under way when their time was up. */
  wasCutShort = false;

  constructor(
    server: FastifyInstance,
    private readonly draining: Draining,
  ) {
    super(server);
  }

  override async beforeClose(): Promise<void> {
    super.beforeClose();
    const { exchanges, readiness, timeout } = this.draining;
    readiness.isClosing = true;
    const server = this.getHttpServer<Server>();
    if (server.listening) server.close();
    server.closeIdleConnections();
    const closing = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
    this.wasCutShort = !(await exchanges.drain(timeout));
    clearInterval(closing);
    server.closeAllConnections();
  }
}
