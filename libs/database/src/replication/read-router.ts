import { type ConsistencyLevel, currentCall, type Position } from '@tearline/seam';
import type pg from 'pg';
import type { CancellablePool } from '../cancellable-pool.js';
import type { RunQuery, ReadSource } from '../read-source.js';
import type { ConsistencySessions } from '../sessions/consistency-sessions.js';
import { toUnavailable, isRecoveryConflict, isSchemaBehind, isServerUnavailable } from '../server-errors.js';
import type { ReplicationGroup } from './replication-group.js';
import { ReadSlots } from './read-slots.js';
import type { MonitoredServer } from './monitored-server.js';

/** What the reads of one module are routed by. */
export interface ReadRouterOptions {
  readonly module: string;
  readonly group: ReplicationGroup;
  readonly sessions: ConsistencySessions;
  /** The default of calls that do not say. */
  readonly level: ConsistencyLevel;
  readonly primary: CancellablePool;
  /** By the server's address. */
  readonly replicas: ReadonlyMap<string, CancellablePool>;
}

/** Where a read went, and if it was the primary, why. */
export type ReadRoute = 'replica' | 'primary, replicas behind' | 'primary, no replicas';

/** A position that no replica can have: the primary alone shows everything. */
const PRIMARY_ONLY = Symbol('unknown position');
type RequiredPosition = Position | typeof PRIMARY_ONLY | undefined;
/** A connection, as TypeORM wants it. */
type Connection = [client: pg.PoolClient, release: (error?: Error | boolean) => void];

/** Sends each read of a module to a replica that shows what the reader must see, else to the primary. */
export class ReadRouter implements ReadSource {
  readonly #counts = new Map<string, { server: string; by: ReadRoute; count: number }>();
  readonly #slots: ReadSlots;

  constructor(private readonly options: ReadRouterOptions) {
    const { primary, replicas } = options;
    this.#slots = new ReadSlots(
      replicas.size === 0 ? Infinity : Math.max(1, Math.floor(primary.options.max / 2)),
    );
  }

  /** Reads so far, by server. */
  get readCounts(): Iterable<{ readonly server: string; readonly by: ReadRoute; readonly count: number }> {
    return this.#counts.values();
  }

  async read<T>(work: (ask: RunQuery) => Promise<T>, level?: ConsistencyLevel): Promise<T> {
    const need = await this.#requiredPosition(level);
    const tried = new Set<MonitoredServer>();
    for (;;) {
      const server = await this.#selectReplica(need, tried);
      if (!server) return this.#readPrimary(work, need);
      tried.add(server);
      server.inFlight += 1;
      try {
        const pool = this.options.replicas.get(server.address)!;
        this.#recordReach(server);
        const result = await work((query) => pool.query(query));
        this.#count(server.address, 'replica');
        return result;
      } catch (error) {
        if (!this.#canRetryElsewhere(server, error)) throw error;
      } finally {
        server.inFlight -= 1;
      }
    }
  }

  /** A connection for reads that TypeORM makes itself. */
  async connect(): Promise<Connection> {
    const need = await this.#requiredPosition();
    const tried = new Set<MonitoredServer>();
    for (;;) {
      const server = await this.#selectReplica(need, tried);
      if (!server) return this.#connectPrimary(need);
      tried.add(server);
      server.inFlight += 1;
      try {
        this.#recordReach(server);
        const client = await this.options.replicas.get(server.address)!.connect();
        this.#count(server.address, 'replica');
        return withRelease(client, () => (server.inFlight -= 1));
      } catch (error) {
        server.inFlight -= 1;
        if (!this.#canRetryElsewhere(server, error)) throw error;
      }
    }
  }

  async #requiredPosition(asked?: ConsistencyLevel): Promise<RequiredPosition> {
    const { module, group: cluster, sessions, level: fallback, replicas } = this.options;
    if (replicas.size === 0) return PRIMARY_ONLY;
    const call = currentCall();
    // Outside of a call nobody is remembered who could have written.
    const level = asked ?? (call ? (call.consistency.level ?? fallback) : 'strong');
    if (level === 'eventual') return undefined;
    if (level === 'session') {
      if (await sessions.load(call!)) return call!.consistency.requiredPosition(module);
    }
    // No server to ask for the position is one to read from, so there is no need for it.
    if (cluster.readableReplicas.length === 0) return PRIMARY_ONLY;
    return cluster.currentPosition().catch(() => PRIMARY_ONLY);
  }

  /** The least busy one that is known to show enough; else the least busy one that says so when it is asked. */
  async #selectReplica(
    need: RequiredPosition,
    tried: ReadonlySet<MonitoredServer>,
  ): Promise<MonitoredServer | undefined> {
    if (need === PRIMARY_ONLY) return undefined;
    const { group: cluster } = this.options;
    const able = sortedByLoad(cluster.readableReplicas.filter((server) => !tried.has(server)));
    if (need === undefined) return able[0];
    const known = able.find((server) => cluster.hasReplayed(server, need));
    if (known) return known;
    for (const server of able) {
      const answer = await server.monitor.requestStatus().catch(() => undefined);
      if (answer && cluster.hasReplayed(server, need)) return server;
    }
    return undefined;
  }

  async #readPrimary<T>(work: (ask: RunQuery) => Promise<T>, need: RequiredPosition): Promise<T> {
    const { primary } = this.options;
    await this.#slots.take();
    try {
      const result = await work((query) => primary.forReadOnly(() => primary.query(query)));
      this.#countPrimary(need);
      return result;
    } catch (error) {
      throw toUnavailable(error);
    } finally {
      this.#slots.free();
    }
  }

  async #connectPrimary(need: RequiredPosition): Promise<Connection> {
    const { primary } = this.options;
    await this.#slots.take();
    try {
      const client = await primary.forReadOnly(() => primary.connect());
      this.#countPrimary(need);
      return withRelease(client, () => this.#slots.free());
    } catch (error) {
      this.#slots.free();
      throw toUnavailable(error);
    }
  }

  #recordReach(server: MonitoredServer): void {
    currentCall()?.readWatermark?.observe(this.options.module, this.options.group.positionOf(server));
  }

  #canRetryElsewhere(server: MonitoredServer, error: unknown): boolean {
    if (currentCall()?.cancelled) return false;
    if (isRecoveryConflict(error) || isSchemaBehind(error)) return true;
    if (!isServerUnavailable(error)) return false;
    this.options.group.markSuspect(server);
    return true;
  }

  #countPrimary(need: RequiredPosition): void {
    const { group: cluster } = this.options;
    const address = cluster.primary?.address ?? 'none';
    const isBehind = cluster.readableReplicas.length > 0 && need !== undefined;
    this.#count(address, isBehind ? 'primary, replicas behind' : 'primary, no replicas');
  }

  #count(server: string, by: ReadRoute): void {
    const key = server + by;
    const counted = this.#counts.get(key);
    if (counted) counted.count += 1;
    else this.#counts.set(key, { server, by, count: 1 });
  }
}

/** Among equals a random one, so that hosts which start together do not all begin with the same. */
function sortedByLoad(servers: MonitoredServer[]): MonitoredServer[] {
  if (servers.length < 2) return servers;
  return servers
    .map((server) => ({ server, load: server.inFlight + Math.random() * 0.9 }))
    .toSorted((one, other) => one.load - other.load)
    .map(({ server }) => server);
}

function withRelease(client: pg.PoolClient, then: () => void): Connection {
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
