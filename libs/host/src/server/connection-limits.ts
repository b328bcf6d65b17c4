import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { Counter, Gauge, type Registry } from 'prom-client';
import { networkOf } from '@tearline/settings';
import type { HostSettings } from '../settings/host-settings.js';
import { openFileLimit } from './open-files.js';
import { proxyCheck } from './trusted-proxies.js';

/** Files for what is no connection of a client: databases, Redis, other hosts, uploads, logs. */
const MAX_OTHER_FILES = 1_024;
/** From this part of all connections on, idle ones are closed for new ones. */
const NEARLY_FULL = 0.9;
const CLOSE_IDLE_INTERVAL_MS = 1_000;
const WARNING_INTERVAL_MS = 60_000;

/** Returns the number of connections that a process accepts: what its limit on open files leaves for clients. */
export function maxConnections(openFiles = openFileLimit()): number {
  return openFiles - Math.min(MAX_OTHER_FILES, Math.floor(openFiles / 4));
}

/**
 * Limits the connections of a server, in all and by address, so that one client cannot take them from the others. Connections of
 * trusted proxies count in all only.
 */
export class ConnectionLimits {
  readonly #max = maxConnections();
  readonly #maxPerAddress: number;
  readonly #isProxy: (address: string) => boolean;
  readonly #byNetwork = new Map<string, number>();
  readonly #refused: Counter<'reason'>;
  readonly #log = new Logger(ConnectionLimits.name);
  #open = 0;
  #warnedAt = -Infinity;
  #closedIdleAt = -Infinity;

  constructor(settings: HostSettings, registry: Registry) {
    this.#maxPerAddress = settings.CONNECTIONS_PER_ADDRESS;
    this.#isProxy = proxyCheck(settings.TRUST_PROXY);
    const open = () => this.#open;
    new Gauge({
      name: 'http_connections',
      help: 'Open connections of clients and proxies.',
      registers: [registry],
      collect() {
        this.set(open());
      },
    });
    this.#refused = new Counter({
      name: 'http_connections_refused_total',
      help: 'Connections that were closed at once, because an address or the process had too many.',
      labelNames: ['reason'],
      registers: [registry],
    });
    for (const reason of ['address', 'process']) this.#refused.inc({ reason }, 0);
  }

  /** Applies the limits to a server that does not listen yet. */
  attach(server: Server): void {
    server.maxConnections = this.#max;
    server.on('drop', (data) => this.#warn('process', data?.remoteAddress));
    // In place of http's own listener: to prepare a connection for requests costs most of what it costs to accept it.
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (this.#accept(server, socket)) for (const listener of listeners) listener.call(server, socket);
    });
  }

  /** Counts a connection, or refuses it. */
  #accept(server: Server, socket: Socket): boolean {
    const { remoteAddress } = socket;
    // The client has gone already.
    if (remoteAddress === undefined) return true;
    if (this.#isProxy(remoteAddress)) {
      this.#count(server, socket);
      return true;
    }
    const network = networkOf(remoteAddress);
    const count = (this.#byNetwork.get(network) ?? 0) + 1;
    if (count > this.#maxPerAddress) {
      // A reset leaves no connection behind that waits for its end.
      socket.resetAndDestroy();
      this.#warn('address', remoteAddress);
      return false;
    }
    this.#byNetwork.set(network, count);
    socket.once('close', () => this.#release(network));
    this.#count(server, socket);
    return true;
  }

  #count(server: Server, socket: Socket): void {
    this.#open += 1;
    socket.once('close', () => (this.#open -= 1));
    if (this.#open > NEARLY_FULL * this.#max) this.#closeIdle(server);
  }

  #release(network: string): void {
    const count = this.#byNetwork.get(network)! - 1;
    if (count === 0) this.#byNetwork.delete(network);
    else this.#byNetwork.set(network, count);
  }

  #closeIdle(server: Server): void {
    const now = performance.now();
    if (now - this.#closedIdleAt < CLOSE_IDLE_INTERVAL_MS) return;
    this.#closedIdleAt = now;
    server.closeIdleConnections();
  }

  #warn(reason: 'address' | 'process', address: string | undefined): void {
    this.#refused.inc({ reason });
    const now = performance.now();
    if (now - this.#warnedAt < WARNING_INTERVAL_MS) return;
    this.#warnedAt = now;
    const limit =
      reason === 'address'
        ? `this address has CONNECTIONS_PER_ADDRESS=${this.#maxPerAddress} already`
        : `the process has ${this.#max}, which its limit on open files allows`;
    this.#log.warn({ address }, `refused a connection: ${limit}; no further warning for a minute`);
  }
}
