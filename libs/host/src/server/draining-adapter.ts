import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Readiness } from '../health/readiness.js';
import type { HostClosing } from './host-closing.js';
import type { Exchanges } from '../requests/exchanges.js';

const CLOSE_IDLE_EVERY_MS = 50;
/** Longer than the proxy keeps a connection that it does not use, which is 3 seconds. */
const LINGER_MS = 4_000;
const LOOK_EVERY_MS = 10;

/** What draining has to know of the host. */
export interface Draining {
  exchanges: Exchanges;
  readiness: Readiness;
  closing: HostClosing;
  /** Milliseconds that requests have to finish. */
  timeout: number;
  /** Whether connections come from a proxy, which keeps them open to use them again. */
  isBehindProxy: boolean;
}

/**
 * Nest's adapter, which lets requests finish before anything is taken apart: `app.close()` waits for `beforeClose`
 * before it destroys the modules, and would otherwise close their databases under the requests that use them.
 */
export class DrainingAdapter extends FastifyAdapter {
  /** Whether requests were still under way when their time was up. */
  wasCutShort = false;
  readonly #others: ((timeout: number) => Promise<void>)[] = [];

  constructor(
    server: FastifyInstance,
    private readonly draining: Draining,
  ) {
    super(server);
  }

  /** Whatever else has to finish its work before anything is taken apart; it does so meanwhile. */
  alsoDrain(drain: (timeout: number) => Promise<void>): void {
    this.#others.push(drain);
  }

  // Nest awaits it, though it is declared to give nothing.
  // oxlint-disable-next-line typescript/no-misused-promises
  override async beforeClose(): Promise<void> {
    super.beforeClose();
    const { exchanges, readiness, closing, timeout, isBehindProxy } = this.draining;
    readiness.isClosing = true;
    closing.begin();
    const others = Promise.all(this.#others.map((drain) => drain(timeout)));
    const server = this.getHttpServer<Server>();
    if (isBehindProxy && server.listening) await this.#letGo(server);
    if (server.listening) server.close();
    server.closeIdleConnections();
    const hangingUp = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
    this.wasCutShort = !(await exchanges.drain(timeout));
    await others;
    clearInterval(hangingUp);
    server.closeAllConnections();
  }

  /**
   * Lets a proxy hang up first. A connection that is closed on it may just have been given a request, which the proxy
   * cannot repeat elsewhere unless it is idempotent.
   */
  async #letGo(server: Server): Promise<void> {
    const { exchanges, timeout } = this.draining;
    // Those who have just connected are let in before the door closes.
    await nextTurn();
    exchanges.closeConnections();
    // Not http's own close(), which ends idle connections at once.
    NetServer.prototype.close.call(server);
    const connections = promisify(server.getConnections.bind(server));
    const until = performance.now() + Math.min(LINGER_MS, timeout);
    while ((await connections()) > 0 && performance.now() < until) await pause(LOOK_EVERY_MS);
  }
}
