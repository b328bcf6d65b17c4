import type { CallContext, ConsistencyLevel, Position } from '@tearline/seam';
import pg from 'pg';
import { CancellablePool } from '../cancellable-pool.js';
import { addressOf } from '../server-urls.js';
import type { ConsistencySessions } from '../sessions/consistency-sessions.js';
import type { ReplicationGroup } from './replication-group.js';
import type { PrimaryRoute } from './primary-client.js';
import { ReadRouter } from './read-router.js';

export interface ReplicatedDatabaseOptions {
  readonly module: string;
  readonly group: ReplicationGroup;
  /** The module's own URL of each server that may be the primary. */
  readonly primaries: readonly string[];
  /** The module's own URL of each server that may serve reads. */
  readonly replicas: readonly string[];
  readonly sessions: ConsistencySessions;
  readonly level: ConsistencyLevel;
  /** Whether results of reads are cached. */
  readonly isCached: boolean;
}

/** The database of one module: a pool for the primary and one for each replica. */
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

  /** Creates the pool that TypeORM writes with, from TypeORM's options, and the replicas' pools with the same options. */
  createPools(options: pg.PoolConfig): CancellablePool {
    const { replicas, group } = this.options;
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
      const onLost = () => {
        replica?.destroyConnections();
        if (this.#primaries.has(server.address)) primary.destroyConnections(server.address);
      };
      server.lostListeners.add(onLost);
      this.#unsubscribe.push(() => server.lostListeners.delete(onLost));
    }
    this.#router = new ReadRouter({ ...this.options, primary, replicas: this.#replicas });
    return primary;
  }

  get router(): ReadRouter {
    return this.#router!;
  }

  /** The maximum number of connections to each server. */
  get connections(): number {
    return this.#primaryPool!.options.max;
  }

  get group(): ReplicationGroup {
    return this.options.group;
  }

  url(): string | undefined {
    const { primary } = this.options.group;
    return primary && this.#primaries.get(primary.address);
  }

  isSuperseded(cluster: string, timeline: number): boolean {
    return this.options.group.isSuperseded(cluster, timeline);
  }

  markSuspect(): void {
    this.options.group.primary?.checkNow();
  }

  recordRead({ readWatermark }: CallContext): void {
    readWatermark?.observe(this.options.module, this.options.group.visibleOnPrimary);
  }

  recordWrite({ consistency }: CallContext, position: Position): void {
    this.options.group.recordPosition(position);
    consistency.recordWrite(this.options.module, position);
  }

  /** Whether at least reads are possible. */
  get isUp(): boolean {
    const { primary, readableReplicas: readable } = this.options.group;
    return primary !== undefined || readable.length > 0;
  }

  /** Closes the replicas' pools; TypeORM closes the primary's. */
  async close(): Promise<void> {
    await Promise.all([...this.#replicas.values()].map((pool) => pool.end()));
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.options.group.stop();
  }
}

/** Returns the class that TypeORM instantiates for the primary's pool. */
export function poolClassFor(database: ReplicatedDatabase): new (options: pg.PoolConfig) => CancellablePool {
  return function Pool(options: pg.PoolConfig) {
    return database.createPools(options);
  } as unknown as new (options: pg.PoolConfig) => CancellablePool;
}
