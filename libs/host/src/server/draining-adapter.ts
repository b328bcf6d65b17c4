import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Readiness } from '../health/readiness.js';
import type { HostShutdown } from './host-shutdown.js';
import type { RequestLifecycle } from '../requests/request-lifecycle.js';

const CLOSE_IDLE_INTERVAL_MS = 50;
/** Longer than the 3 seconds for which nginx keeps an idle connection. */
const PROXY_GRACE_PERIOD_MS = 4_000;
const POLL_INTERVAL_MS = 10;

/** The parts of the host that take part in draining. */
export interface DrainingOptions {
  requests: RequestLifecycle;
  readiness: Readiness;
  shutdown: HostShutdown;
  /** Milliseconds that requests have to finish. */
  timeout: number;
  /** Whether connections come from a proxy, which keeps them open to use them again. */
  isBehindProxy: boolean;
}

/**
 * Nest's adapter, which lets requests finish before modules are destroyed: `app.close()` waits for `beforeClose`, and
 * would otherwise close databases that requests still use.
 */
export class DrainingAdapter extends FastifyAdapter {
  /** Whether requests were still in flight at the end of the timeout. */
  wasCutShort = false;
  readonly #drains: ((timeout: number) => Promise<void>)[] = [];

  constructor(
    server: FastifyInstance,
    private readonly draining: DrainingOptions,
  ) {
    super(server);
  }

  /** Adds work that has to finish before modules are destroyed; it drains at the same time as the requests. */
  alsoDrain(drain: (timeout: number) => Promise<void>): void {
    this.#drains.push(drain);
  }

  // oxlint-disable-next-line typescript/no-misused-promises -- Nest awaits the result, although it declares `void`
  override async beforeClose(): Promise<void> {
    super.beforeClose();
    const { requests, readiness, shutdown, timeout, isBehindProxy } = this.draining;
    readiness.isShuttingDown = true;
    shutdown.begin();
    const drained = Promise.all(this.#drains.map((drain) => drain(timeout)));
    const server = this.getHttpServer<Server>();
    if (isBehindProxy && server.listening) await this.#waitForProxy(server);
    if (server.listening) server.close();
    server.closeIdleConnections();
    const closeIdle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_INTERVAL_MS);
    this.wasCutShort = !(await requests.drain(timeout));
    await drained;
    clearInterval(closeIdle);
    server.closeAllConnections();
  }

  /**
   * Waits for a proxy to close its connections. The proxy may just have sent a request on a connection that the host
   * closes, and can repeat it elsewhere only if it is idempotent.
   */
  async #waitForProxy(server: Server): Promise<void> {
    const { requests, timeout } = this.draining;
    // Connections that are complete but not accepted yet are accepted before the server stops listening.
    await nextTurn();
    requests.closeConnections();
    // Unlike http's own close(), this one leaves idle connections open.
    NetServer.prototype.close.call(server);
    const connections = promisify(server.getConnections.bind(server));
    const until = performance.now() + Math.min(PROXY_GRACE_PERIOD_MS, timeout);
    while ((await connections()) > 0 && performance.now() < until) await pause(POLL_INTERVAL_MS);
  }
}
