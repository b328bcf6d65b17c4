import { setTimeout as sleep } from 'node:timers/promises';
import { runOutsideCall } from '../../call/call-context.js';
import { SeamError } from '../../call/errors.js';
import { type ContractDescription, incompatibilities } from '../../contract/description.js';
import type { SeamObserver } from '../../seam-observer.js';
import type { Credential } from '../credential.js';
import type { ReplyFrame } from '../frames.js';
import { Connection, type ConnectionOwner } from './connection.js';
import type { RemoteCall } from './remote-call.js';
import type { RemoteHostSettings } from './remote-host-options.js';
import { TransportError } from './retry.js';

/** How often the heartbeat and the calls together may probe an ejected address. */
const MIN_PROBE_INTERVAL_MS = 50;

/** What the addresses of one host share. */
export interface EndpointOptions {
  readonly settings: RemoteHostSettings;
  readonly credential: Credential;
  readonly contracts: readonly ContractDescription[];
  readonly observer: SeamObserver;
  /** Resolves when one of the host's addresses can be trusted to answer, or none of them answers a probe. */
  readonly findAvailable: () => Promise<unknown>;
}

/** An IP address and port, and the name that it was resolved from. */
export interface ResolvedAddress {
  readonly ip: string;
  readonly port: number;
  readonly name: string;
}

/**
 * One replica of a remote host: a small pool of connections to it, and whether it can be trusted to answer. It is ejected
 * when it refuses a connection, falls silent, or loses too many connections in a row that never answered a call.
 */
export class Endpoint implements ConnectionOwner {
  readonly label: string;
  /** Calls under way here. */
  pending = 0;
  /** For each method that does not fit the version here, why. */
  incompatibleMethods: ReadonlyMap<string, string> = new Map();
  honoursKeys = false;
  readonly #pool: Connection[] = [];
  /** Connections to a process that ends, which serve until another process can. */
  readonly #goingAway: Connection[] = [];
  #opening: Promise<Connection> | undefined;
  #probing: Promise<boolean> | undefined;
  #isHandingOver = false;
  #isClosed = false;
  #isEjected = false;
  #lostInARow = 0;
  #probedAt = -Infinity;

  constructor(
    private readonly address: ResolvedAddress,
    private readonly options: EndpointOptions,
  ) {
    this.label = `${address.ip}:${address.port}`;
  }

  /** Whether it can be trusted to answer. */
  get isAvailable(): boolean {
    return !this.#isEjected;
  }

  /** Whether it answers for a moment longer, though its process ends. */
  get isGoingAway(): boolean {
    return this.#goingAway.length > 0;
  }

  /**
   * Sends a call and waits for its reply.
   * @throws TransportError when the connection failed the call
   * @throws SeamError when the call ended before its reply, or its method does not fit the version here
   */
  async send(call: RemoteCall): Promise<ReplyFrame> {
    this.pending += 1;
    try {
      return await this.#ask(call);
    } finally {
      this.pending -= 1;
    }
  }

  /** Called regularly: probes when ejected, else asks silent connections for a sign of life and fills the pool. */
  checkHealth(): void {
    const answers = [...this.#pool, ...this.#goingAway].map((connection) => connection.heartbeat());
    if (answers.includes(false)) this.#eject('gives no sign of life');
    if (!this.isAvailable) void this.probe();
    else if (this.#pool.length < this.options.settings.connections) this.preconnect();
  }

  /** Opens a connection ahead of need. */
  preconnect(): void {
    this.#open().catch(() => undefined);
  }

  /**
   * Tries whether an ejected address is back. A connection whose both sides have shown their credentials is proof
   * enough; no call has to be risked for it. Never rejects.
   * @returns whether it is back; false without a try shortly after the last one
   */
  probe(): Promise<boolean> {
    return (this.#probing ??= this.#probe().finally(() => (this.#probing = undefined)));
  }

  /** No more calls; connections close once theirs have ended. */
  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#pool.splice(0), ...this.#goingAway.splice(0)]) connection.leave();
  }

  /** @internal */
  goingAway(connection: Connection): void {
    if (!remove(this.#pool, connection)) return;
    this.#goingAway.push(connection);
    if (this.#isHandingOver) return;
    this.#isHandingOver = true;
    void this.#handOver();
  }

  /** @internal */
  lost(connection: Connection): void {
    remove(this.#pool, connection);
    remove(this.#goingAway, connection);
    if (connection.isGoingAway) return;
    this.#lostInARow = connection.hasAnswered ? 1 : this.#lostInARow + 1;
    if (this.#lostInARow >= this.options.settings.failureThreshold) this.#eject('loses its connections');
  }

  async #probe(): Promise<boolean> {
    if (performance.now() - this.#probedAt < MIN_PROBE_INTERVAL_MS) return false;
    this.#probedAt = performance.now();
    return this.#open().then(
      () => true,
      () => false,
    );
  }

  #ask(call: RemoteCall): Promise<ReplyFrame> {
    const connection = this.#leastPending() ?? this.#goingAway[0];
    return connection
      ? this.#askOn(connection, call)
      : this.#open().then((opened) => this.#askOn(opened, call));
  }

  #askOn(connection: Connection, call: RemoteCall): Promise<ReplyFrame> {
    const refusal = this.incompatibleMethods.get(call.remote.path);
    if (refusal !== undefined)
      return Promise.reject(new SeamError('incompatible', { message: refusal, retryable: true }));
    if (call.hasEnded) return Promise.reject(new SeamError('cancelled'));
    return connection.ask(call);
  }

  #leastPending(): Connection | undefined {
    let least = this.#pool[0];
    for (let at = 1; at < this.#pool.length && least!.pending > 0; at++)
      if (this.#pool[at]!.pending < least!.pending) least = this.#pool[at];
    return least;
  }

  #open(): Promise<Connection> {
    return (this.#opening ??= runOutsideCall(() => this.#connect()).finally(
      () => (this.#opening = undefined),
    ));
  }

  async #connect(): Promise<Connection> {
    const { settings, credential } = this.options;
    const { ip: host, port, name: servername } = this.address;
    const connection = new Connection({ ...settings, host, port, servername, credential }, this);
    try {
      await connection.open();
      if (connection.isGoingAway) throw new TransportError('is going away', false);
    } catch (error) {
      const reason = error instanceof TransportError ? error : new TransportError(String(error), false);
      connection.leave();
      if (reason.isEndpointDown) this.#eject(reason.message);
      throw reason;
    }
    if (this.#isClosed) connection.leave();
    else this.#pool.push(connection);
    this.#compare(connection);
    if (this.#isEjected) this.options.observer.restored?.(this.label);
    this.#isEjected = false;
    return connection;
  }

  #compare({ accept }: Connection): void {
    const { contracts, observer } = this.options;
    const theirs = new Map(accept!.contracts.map((contract) => [contract.name, contract]));
    const refusals = contracts.flatMap((ours) => [...incompatibilities(ours, theirs.get(ours.name))]);
    for (const [method, message] of refusals)
      if (this.incompatibleMethods.get(method) !== message) observer.incompatible?.(this.label, message);
    this.incompatibleMethods = new Map(refusals);
    this.honoursKeys = accept!.honoursKeys;
  }

  /**
   * Hangs up on the process that ends once another takes its calls: its successor at the same address, or another
   * replica. Ejects the address only when it has no successor.
   */
  async #handOver(): Promise<void> {
    try {
      await this.#open();
    } catch {
      this.#eject('is going away');
      // An address that was probed in vain just now is not probed again any earlier.
      await sleep(2 * MIN_PROBE_INTERVAL_MS, undefined, { ref: false });
      await this.options.findAvailable();
    }
    for (const connection of this.#goingAway.splice(0)) connection.leave();
    this.#isHandingOver = false;
  }

  #eject(reason: string): void {
    if (!this.#isEjected && !this.#isClosed) this.options.observer.ejected?.(this.label, reason);
    this.#isEjected = true;
    // A silent connection belongs to a process that hangs: calls wait there for nothing.
    for (const silent of [...this.#pool, ...this.#goingAway].filter(({ isSilent }) => isSilent))
      silent.fail(reason);
  }
}

function remove(connections: Connection[], connection: Connection): boolean {
  const at = connections.indexOf(connection);
  if (at >= 0) connections.splice(at, 1);
  return at >= 0;
}
