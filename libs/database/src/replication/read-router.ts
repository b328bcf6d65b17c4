import { type ConsistencyLevel, currentCall, type Position, SeamError, Semaphore } from '@tearline/seam';
import type pg from 'pg';
import type { CancellablePool } from '../cancellable-pool.js';
import type { ReadSource, RunQuery } from '../reader.js';
import type { ConsistencySessions } from '../sessions/consistency-sessions.js';
import { isConflict, isRefused, isSchemaBehind, isServerUnavailable, toSeamError } from '../server-errors.js';
import type { ReplicationGroup } from './replication-group.js';
import type { MonitoredServer } from './monitored-server.js';

export interface ReadRouterOptions {
  readonly module: string;
  readonly database: Relocatable;
  readonly sessions: ConsistencySessions;
  /** For calls that do not ask for a level. */
  readonly level: ConsistencyLevel;
  readonly primary: CancellablePool;
  /** Pools by server address. */
  readonly replicas: ReadonlyMap<string, CancellablePool>;
}

/** The servers that have the module's data, which may move. */
export interface Relocatable {
  readonly group: ReplicationGroup;
  /** Returns whether the data is not on the server with this address any more. */
  relocate(address: string): Promise<boolean>;
}

/** The server that a read went to: a replica, or the primary and the reason. */
export type ReadRoute = 'replica' | 'primary_replicas_behind' | 'primary_no_replicas';

/** The required position is unknown, so only the primary is certain to satisfy the read. */
const PRIMARY_ONLY = Symbol('primary only');
type RequiredPosition = Position | typeof PRIMARY_ONLY | undefined;
/** Reads with connections of a pool; calls `release` when it has finished. */
type ReadFromPool<T> = (pool: CancellablePool, release: () => void) => Promise<T>;
/** A connection in the form that TypeORM expects. */
type Connection = [client: pg.PoolClient, release: (error?: Error | boolean) => void];

/** Waiting reads for each one that runs on the primary. */
const QUEUE_FACTOR = 50;

/** Sends each read of a module to a replica that has replayed the required position, or else to the primary. */
export class ReadRouter implements ReadSource {
  readonly #counts = new Map<string, { server: string; route: ReadRoute; count: number }>();
  /** Bounds the reads on a primary that has replicas, so that its writes find connections. */
  readonly #primaryReads: Semaphore;

  constructor(private readonly options: ReadRouterOptions) {
    const { primary, replicas } = options;
    const limit = replicas.size === 0 ? Infinity : Math.max(1, Math.floor(primary.options.max / 2));
    this.#primaryReads = new Semaphore(limit, limit * QUEUE_FACTOR, 'too many reads wait for the primary');
  }

  get #group(): ReplicationGroup {
    return this.options.database.group;
  }

  /** Number of reads by server and route. */
  get readCounts(): Iterable<{ readonly server: string; readonly route: ReadRoute; readonly count: number }> {
    return this.#counts.values();
  }

  async read<T>(work: (query: RunQuery) => Promise<T>, level?: ConsistencyLevel): Promise<T> {
    return this.#onServer(level, (pool, release) =>
      work((query) => pool.forReadOnly(() => pool.query(query))).finally(release),
    );
  }

  /** Returns a connection for a read that TypeORM makes. */
  async connect(): Promise<Connection> {
    return this.#onServer(undefined, async (pool, release) => {
      const client = await pool.forReadOnly(() => pool.connect());
      const releaseBoth = (error?: Error | boolean) => {
        release();
        client.release(error);
      };
      return [client, releaseBoth];
    });
  }

  /** Reads on a replica that has replayed the required position, on another one when it fails, or else on the primary. */
  async #onServer<T>(level: ConsistencyLevel | undefined, read: ReadFromPool<T>): Promise<T> {
    const required = await this.#requiredPosition(level);
    const tried = new Set<MonitoredServer>();
    for (;;) {
      const server = await this.#selectReplica(required, tried);
      if (!server) return this.#onPrimary(required, read);
      tried.add(server);
      server.inFlight += 1;
      const release = onceOnly(() => (server.inFlight -= 1));
      try {
        this.#recordRead(server);
        const pool = this.options.replicas.get(server.address);
        if (!pool) throw new SeamError('unavailable', { message: 'the data has moved to other servers' });
        const result = await read(pool, release);
        this.#count(server.address, 'replica');
        return result;
      } catch (error) {
        release();
        // A replica that lacks a table may be behind a migration; the primary knows.
        const isMoved = isRefused(error) && !isSchemaBehind(error);
        if (isMoved && (await this.options.database.relocate(server.address))) continue;
        if (!this.#canRetryElsewhere(server, error)) throw toSeamError(error);
      }
    }
  }

  async #onPrimary<T>(required: RequiredPosition, read: ReadFromPool<T>): Promise<T> {
    await this.#primaryReads.acquire();
    const release = onceOnly(() => this.#primaryReads.release());
    try {
      const result = await read(this.options.primary, release);
      this.#countPrimary(required);
      return result;
    } catch (error) {
      release();
      throw toSeamError(error);
    }
  }

  async #requiredPosition(requestedLevel?: ConsistencyLevel): Promise<RequiredPosition> {
    const { module, sessions, level: defaultLevel, replicas } = this.options;
    const group = this.#group;
    if (replicas.size === 0) return PRIMARY_ONLY;
    const call = currentCall();
    // Outside of a call there is no session whose writes are known.
    const level = requestedLevel ?? (call ? (call.consistency.level ?? defaultLevel) : 'strong');
    if (level === 'eventual') return undefined;
    if (level === 'session') {
      if (await sessions.load(call!)) return call!.consistency.requiredPosition(module);
    }
    // Without a replica to read from, the primary's position is not needed.
    if (group.readableReplicas.length === 0) return PRIMARY_ONLY;
    return group.currentPosition().catch(() => PRIMARY_ONLY);
  }

  /** Returns the least busy replica that is known to satisfy the position, or else one whose fresh status does. */
  async #selectReplica(
    required: RequiredPosition,
    tried: ReadonlySet<MonitoredServer>,
  ): Promise<MonitoredServer | undefined> {
    if (required === PRIMARY_ONLY) return undefined;
    const group = this.#group;
    const candidates = sortedByLoad(group.readableReplicas.filter((server) => !tried.has(server)));
    if (required === undefined) return candidates[0];
    const caughtUp = candidates.find((server) => group.hasReplayed(server, required));
    if (caughtUp) return caughtUp;
    for (const server of candidates) {
      const status = await server.requestStatus().catch(() => undefined);
      if (status && this.#group === group && group.hasReplayed(server, required)) return server;
    }
    return undefined;
  }

  #recordRead(server: MonitoredServer): void {
    currentCall()?.readWatermark?.observe(this.options.module, this.#group.positionOf(server));
  }

  #canRetryElsewhere(server: MonitoredServer, error: unknown): boolean {
    if (currentCall()?.cancelled) return false;
    if (isConflict(error) || isSchemaBehind(error)) return true;
    if (!isServerUnavailable(error)) return false;
    this.#group.markSuspect(server);
    return true;
  }

  #countPrimary(required: RequiredPosition): void {
    const group = this.#group;
    const address = group.primary?.address ?? 'none';
    const isBehind = group.readableReplicas.length > 0 && required !== undefined;
    this.#count(address, isBehind ? 'primary_replicas_behind' : 'primary_no_replicas');
  }

  #count(server: string, route: ReadRoute): void {
    const key = server + route;
    const entry = this.#counts.get(key);
    if (entry) entry.count += 1;
    else this.#counts.set(key, { server, route, count: 1 });
  }
}

/** In random order among equals, so that hosts that start together do not all choose the same server. */
function sortedByLoad(servers: MonitoredServer[]): MonitoredServer[] {
  if (servers.length < 2) return servers;
  return servers
    .map((server) => ({ server, load: server.inFlight + Math.random() * 0.9 }))
    .toSorted((one, other) => one.load - other.load)
    .map(({ server }) => server);
}

function onceOnly(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
