import type { CallContext, ConsistencyLevel, Position } from '@tearline/seam';
import pg from 'pg';
import { CancellablePool } from '../cancellable-pool.js';
import { addressOf } from '../server-urls.js';
import type { ConsistencySessions } from '../sessions/consistency-sessions.js';
import type { ReplicationGroup } from './replication-group.js';
import type { PrimaryRoute } from './primary-client.js';
import { ReadRouter } from './read-router.js';

/** One module's way to the servers of its database. */
export interface ReplicatedDatabaseOptions {
  readonly module: string;
  readonly group: ReplicationGroup;
  /** The module's own URL of each server that may be the primary. */
  readonly primaries: readonly string[];
  /** The module's own URL of each server that may serve reads. */
  readonly replicas: readonly string[];
  readonly sessions: ConsistencySessions;
  readonly level: ConsistencyLevel;
  /** Whether what is read may be kept in a cache. */
  readonly isCached: boolean;
}

/** Where one module writes and reads: a pool of connections for each server. */
export class ReplicatedDatabase implements PrimaryRoute {
  readonly tracksPositions: boolean;
  readonly #primaries: ReadonlyMap<string, string>;
  readonly #replicas = new Map<string, CancellablePool>();
  readonly #unsubscribe: (() => void)[] = [];
  #router: ReadRouter | undefined;
  #primaryPool: CancellablePool | undefined;

  constructor(readonly options: ReplicatedDatabaseOptions) {
    this.#primaries = new Map(options.primaries.map((url) => [addressOf(url), url]));
    this.tracksPositions = options.replicas.length > 0 || options.isCached;
  }

  /** The pool that TypeORM writes with, made by TypeORM with its own options; the replicas' pools are made alike. */
  createPools(options: pg.PoolConfig): CancellablePool {
    const { replicas, group: group } = this.options;
    const primary = new CancellablePool(options, this);
    this.#primaryPool = primary;
    for (const url of replicas)
      this.#replicas.set(
        addressOf(url),
        new CancellablePool({ ...options, connectionString: url, connectionTimeoutMillis: 1_000 }),
      );
    for (const server of group.servers) {
      const replica = this.#replicas.get(server.address);
      replica?.on('error', () => group.markSuspect(server));
      const lost = () => {
        replica?.destroyConnections();
        if (this.#primaries.has(server.address)) primary.destroyConnections(server.address);
      };
      server.lostListeners.add(lost);
      this.#unsubscribe.push(() => server.lostListeners.delete(lost));
    }
    this.#router = new ReadRouter({ ...this.options, primary, replicas: this.#replicas });
    return primary;
  }

  get router(): ReadRouter {
    return this.#router!;
  }

  /** Connections that it may open to each server. */
  get connections(): number {
    return this.#primaryPool!.options.max;
  }

  get cluster(): ReplicationGroup {
    return this.options.group;
  }

  /** Every pool, by the address of its server; the primary's is at `primary`. */
  get pools(): ReadonlyMap<string, CancellablePool> {
    return new Map([['primary', this.#primaryPool!], ...this.#replicas]);
  }

  url(): string | undefined {
    const { primary } = this.options.group;
    return primary && this.#primaries.get(primary.address);
  }

  isOutdated(cluster: string, timeline: number): boolean {
    return this.options.group.isOutdated(cluster, timeline);
  }

  markSuspect(): void {
    this.options.group.primary?.monitor.checkNow();
  }

  recordRead({ readWatermark }: CallContext): void {
    readWatermark?.observe(this.options.module, this.options.group.visibleOnPrimary);
  }

  recordWrite({ consistency }: CallContext, position: Position): void {
    this.options.group.recordPosition(position);
    consistency.recordWrite(this.options.module, position);
  }

  /** Whether anything can be done: at least reads. */
  get isUp(): boolean {
    const { primary, readableReplicas: readable } = this.options.group;
    return primary !== undefined || readable.length > 0;
  }

  /** Closes the replicas' pools; the other one is TypeORM's. */
  async close(): Promise<void> {
    await Promise.all([...this.#replicas.values()].map((pool) => pool.end()));
    for (const forget of this.#unsubscribe) forget();
    await this.options.group.stop();
  }
}

/** The class that TypeORM makes the primary's pool of. */
export function poolClassFor(database: ReplicatedDatabase): new (options: pg.PoolConfig) => CancellablePool {
  return function Pool(options: pg.PoolConfig) {
    return database.createPools(options);
  } as unknown as new (options: pg.PoolConfig) => CancellablePool;
}
