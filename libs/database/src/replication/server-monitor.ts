import { runOutsideCall } from '@tearline/seam';
import pg from 'pg';
import { addressOf } from '../server-urls.js';
import { INSERT_TIMELINE } from './timelines.js';
import { identityOf, type ServerIdentity, type ServerStatus, statusOf } from './server-status.js';

const HEARTBEAT_INTERVAL_MS = 250;
const IDLE_HEARTBEAT_INTERVAL_MS = 2_000;
/** Short for a replica, which others replace; long for a primary, whose loss makes writes fail. */
const RESPONSE_TIMEOUT_MS = { replica: 500, primary: 4_000 };
const CONNECT_TIMEOUT_MS = 1_000;
const DISCONNECT_TIMEOUT_MS = 250;

export interface MonitorListener {
  /** Whether a status that is `IDLE_HEARTBEAT_INTERVAL_MS` old will do; `checkNow` asks when it no longer does. */
  readonly isIdle: boolean;
  onStatus(monitor: ServerMonitor): void;
  /** Called once when a server closes its connection or does not answer. */
  onLost(monitor: ServerMonitor, reason: string): void;
}

/** Monitors one server over a connection of its own, so that a busy pool neither hides nor imitates a failure. */
export class ServerMonitor {
  readonly address: string;
  /** Undefined while the server cannot be reached. */
  status: ServerStatus | undefined;
  identity: ServerIdentity | undefined;
  #client: pg.Client | undefined;
  #connecting: Promise<void> | undefined;
  #pending: Promise<ServerStatus> | undefined;
  #queued: Promise<ServerStatus> | undefined;
  #requestedAt = 0;
  #lastHeartbeat = 0;
  #isReportedLost = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly url: string,
    private readonly listener: MonitorListener,
  ) {
    this.address = addressOf(url);
  }

  /** Resolves after the first attempt to reach the server. */
  start(): Promise<void> {
    return runOutsideCall(() => {
      this.#lastHeartbeat = performance.now();
      this.#timer = setInterval(() => this.#heartbeat(), HEARTBEAT_INTERVAL_MS).unref();
      return this.#connect();
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#connecting;
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    // A server that hangs does not close the connection.
    const late = setTimeout(() => socketOf(client).destroy(), DISCONNECT_TIMEOUT_MS);
    await client.end().catch(() => undefined);
    clearTimeout(late);
  }

  /**
   * Returns the status as of a moment after this call: a query that is under way may be answered with an older one.
   * Concurrent callers share one query.
   * @throws Error when the server cannot be reached
   */
  requestStatus(): Promise<ServerStatus> {
    if (!this.#pending) return this.#sendStatusQuery();
    return (this.#queued ??= this.#pending
      .catch(() => undefined)
      .then(() => {
        this.#queued = undefined;
        return this.#pending ?? this.#sendStatusQuery();
      }));
  }

  /** Records that the server is a primary on this timeline. */
  async recordTimeline(timeline: number): Promise<void> {
    if (!this.#client || !this.identity) throw new Error(`${this.address} cannot be reached`);
    await this.#client.query(INSERT_TIMELINE, [this.identity.cluster, timeline]);
  }

  /** Requests the status now instead of at the next heartbeat. */
  checkNow(): void {
    if (this.#client && !this.#pending)
      runOutsideCall(() => void this.#sendStatusQuery().catch(() => undefined));
  }

  #sendStatusQuery(): Promise<ServerStatus> {
    const client = this.#client;
    if (!client || !this.identity) return Promise.reject(new Error(`${this.address} cannot be reached`));
    this.#requestedAt = performance.now();
    const asking = statusOf(client, this.identity).then(
      (status) => {
        if (this.#client !== client) throw new Error(`${this.address} was lost`);
        this.#pending = undefined;
        this.status = status;
        this.#isReportedLost = false;
        this.listener.onStatus(this);
        return status;
      },
      (error: unknown) => {
        if (this.#pending === asking) this.#pending = undefined;
        if (this.#client === client) this.#disconnect(error instanceof Error ? error.message : String(error));
        throw error;
      },
    );
    return (this.#pending = asking);
  }

  #heartbeat(): void {
    const now = performance.now();
    // The event loop was blocked, and the answer may wait to be read.
    const wasBlocked = now - this.#lastHeartbeat > 2 * HEARTBEAT_INTERVAL_MS;
    this.#lastHeartbeat = now;
    const age = now - this.#requestedAt;
    if (!this.#client) void this.#connect();
    else if (this.#pending) {
      if (!wasBlocked && age > this.#responseTimeoutMs) this.#disconnect('does not answer');
    } else if (!this.listener.isIdle || age >= IDLE_HEARTBEAT_INTERVAL_MS) this.checkNow();
  }

  get #responseTimeoutMs(): number {
    return this.status?.isStandby === false ? RESPONSE_TIMEOUT_MS.primary : RESPONSE_TIMEOUT_MS.replica;
  }

  #connect(): Promise<void> {
    return (this.#connecting ??= this.#open().finally(() => (this.#connecting = undefined)));
  }

  async #open(): Promise<void> {
    const options: pg.ClientConfig & { pipeline: boolean } = {
      connectionString: this.url,
      application_name: 'tearline monitor',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: RESPONSE_TIMEOUT_MS.primary,
      keepAlive: true,
      pipeline: true,
    };
    const client = new pg.Client(options);
    // Pending queries get the same error.
    client.on('error', () => undefined);
    client.once('end', () => {
      if (this.#client === client) this.#disconnect('closed its connection');
    });
    const late = setTimeout(() => socketOf(client).destroy(), 2 * CONNECT_TIMEOUT_MS);
    try {
      await client.connect();
      this.identity = await identityOf(client);
      if (!this.#timer) throw new Error('stopped');
      this.#client = client;
      await this.#sendStatusQuery();
    } catch (error) {
      socketOf(client).destroy();
      this.#client = undefined;
      if (this.#timer) this.#reportLost(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(late);
    }
  }

  #disconnect(reason: string): void {
    const client = this.#client;
    this.#client = undefined;
    this.status = undefined;
    this.#pending = undefined;
    if (client) socketOf(client).destroy();
    this.#reportLost(reason);
  }

  #reportLost(reason: string): void {
    if (this.#isReportedLost) return;
    this.#isReportedLost = true;
    this.listener.onLost(this, reason);
  }
}

/** Returns the socket of a connection, which pg's types lack. */
export function socketOf(client: pg.ClientBase): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
}
