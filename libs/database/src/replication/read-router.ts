import { type ConsistencyLevel, currentCall, type Position } from '@tearline/seam';
import type pg from 'pg';
import type { CallPool } from '../call-pool.js';
import type { Ask, ReadSource } from '../read-source.js';
import type { Sessions } from '../sessions/sessions.js';
import { asUnavailable, isRecoveryConflict, isSchemaBehind, isServersFault } from '../unavailable.js';
import type { Cluster } from './cluster.js';
import { ReadSlots } from './read-slots.js';
import type { WatchedServer } from './watched-server.js';

/** What the reads of one module are routed by. */
export interface ReadRouterOptions {
  readonly module: string;
  readonly cluster: Cluster;
  readonly sessions: Sessions;
  /** The default of calls that do not say. */
  readonly level: ConsistencyLevel;
  readonly primary: CallPool;
  /** By the server's address. */
  readonly replicas: ReadonlyMap<string, CallPool>;
}

/** Where a read went, and if it was the primary, why. */
export type ReadPlace = 'replica' | 'primary, replicas behind' | 'primary, no replicas';

/** A position that no replica can have: the primary alone shows everything. */
const UNKNOWN = Symbol('unknown position');
type Need = Position | typeof UNKNOWN | undefined;
/** A connection, as TypeORM wants it. */
type Connection = [client: pg.PoolClient, release: (error?: Error | boolean) => void];

/** Sends each read of a module to a replica that shows what the reader must see, else to the primary. */
export class ReadRouter implements ReadSource {
  readonly #counts = new Map<string, { server: string; by: ReadPlace; count: number }>();
  readonly #slots: ReadSlots;

  constructor(private readonly options: ReadRouterOptions) {
    const { primary, replicas } = options;
    this.#slots = new ReadSlots(
      replicas.size === 0 ? Infinity : Math.max(1, Math.floor(primary.options.max / 2)),
    );
  }

  /** Reads so far, by server. */
  get counted(): Iterable<{ readonly server: string; readonly by: ReadPlace; readonly count: number }> {
    return this.#counts.values();
  }

  async read<T>(work: (ask: Ask) => Promise<T>, level?: ConsistencyLevel): Promise<T> {
    const need = await this.#need(level);
    const tried = new Set<WatchedServer>();
    for (;;) {
      const server = await this.#choose(need, tried);
      if (!server) return this.#readPrimary(work, need);
      tried.add(server);
      server.inFlight += 1;
      try {
        const pool = this.options.replicas.get(server.address)!;
        this.#noteReach(server);
        const result = await work((query) => pool.query(query));
        this.#count(server.address, 'replica');
        return result;
      } catch (error) {
        if (!this.#isWorthAnotherTry(server, error)) throw error;
      } finally {
        server.inFlight -= 1;
      }
    }
  }

  /** A connection for reads that TypeORM makes itself. */
  async connect(): Promise<Connection> {
    const need = await this.#need();
    const tried = new Set<WatchedServer>();
    for (;;) {
      const server = await this.#choose(need, tried);
      if (!server) return this.#connectPrimary(need);
      tried.add(server);
      server.inFlight += 1;
      try {
        this.#noteReach(server);
        const client = await this.options.replicas.get(server.address)!.connect();
        this.#count(server.address, 'replica');
        return released(client, () => (server.inFlight -= 1));
      } catch (error) {
        server.inFlight -= 1;
        if (!this.#isWorthAnotherTry(server, error)) throw error;
      }
    }
  }

  async #need(asked?: ConsistencyLevel): Promise<Need> {
    const { module, cluster, sessions, level: fallback, replicas } = this.options;
    if (replicas.size === 0) return UNKNOWN;
    const call = currentCall();
    // Outside of a call nobody is remembered who could have written.
    const level = asked ?? (call ? (call.consistency.level ?? fallback) : 'strong');
    if (level === 'eventual') return undefined;
    if (level === 'session') {
      if (await sessions.recall(call!)) return call!.consistency.of(module);
    }
    // No server to ask for the position is one to read from, so there is no need for it.
    if (cluster.readable.length === 0) return UNKNOWN;
    return cluster.now().catch(() => UNKNOWN);
  }

  /** The least busy one that is known to show enough; else the least busy one that says so when it is asked. */
  async #choose(need: Need, tried: ReadonlySet<WatchedServer>): Promise<WatchedServer | undefined> {
    if (need === UNKNOWN) return undefined;
    const { cluster } = this.options;
    const able = byLoad(cluster.readable.filter((server) => !tried.has(server)));
    if (need === undefined) return able[0];
    const known = able.find((server) => cluster.hasReplayed(server, need));
    if (known) return known;
    for (const server of able) {
      const answer = await server.monitor.ask().catch(() => undefined);
      if (answer && cluster.hasReplayed(server, need)) return server;
    }
    return undefined;
  }

  async #readPrimary<T>(work: (ask: Ask) => Promise<T>, need: Need): Promise<T> {
    const { primary } = this.options;
    await this.#slots.take();
    try {
      const result = await work((query) => primary.forReading(() => primary.query(query)));
      this.#countPrimary(need);
      return result;
    } catch (error) {
      throw asUnavailable(error);
    } finally {
      this.#slots.free();
    }
  }

  async #connectPrimary(need: Need): Promise<Connection> {
    const { primary } = this.options;
    await this.#slots.take();
    try {
      const client = await primary.forReading(() => primary.connect());
      this.#countPrimary(need);
      return released(client, () => this.#slots.free());
    } catch (error) {
      this.#slots.free();
      throw asUnavailable(error);
    }
  }

  #noteReach(server: WatchedServer): void {
    currentCall()?.reach?.note(this.options.module, this.options.cluster.positionOf(server));
  }

  #isWorthAnotherTry(server: WatchedServer, error: unknown): boolean {
    if (currentCall()?.cancelled) return false;
    if (isRecoveryConflict(error) || isSchemaBehind(error)) return true;
    if (!isServersFault(error)) return false;
    this.options.cluster.doubt(server);
    return true;
  }

  #countPrimary(need: Need): void {
    const { cluster } = this.options;
    const address = cluster.primary?.address ?? 'none';
    const isBehind = cluster.readable.length > 0 && need !== undefined;
    this.#count(address, isBehind ? 'primary, replicas behind' : 'primary, no replicas');
  }

  #count(server: string, by: ReadPlace): void {
    const key = server + by;
    const counted = this.#counts.get(key);
    if (counted) counted.count += 1;
    else this.#counts.set(key, { server, by, count: 1 });
  }
}

/** Among equals a random one, so that hosts which start together do not all begin with the same. */
function byLoad(servers: WatchedServer[]): WatchedServer[] {
  if (servers.length < 2) return servers;
  return servers
    .map((server) => ({ server, load: server.inFlight + Math.random() * 0.9 }))
    .toSorted((one, other) => one.load - other.load)
    .map(({ server }) => server);
}

function released(client: pg.PoolClient, then: () => void): Connection {
  let isReleased = false;
  return [
    client,
    (error) => {
      if (!isReleased) then();
      isReleased = true;
      client.release(error);
    },
  ];
}
