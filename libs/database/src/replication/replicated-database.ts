import type { CallContext, ConsistencyLevel, Position } from '@tearline/seam';
import pg from 'pg';
import { CallPool } from '../call-pool.js';
import { addressOf } from '../server-urls.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Cluster } from './cluster.js';
import type { PrimaryRoute } from './primary-client.js';
import { ReadRouter } from './read-router.js';

/** One module's way to the servers of its database. */
export interface ReplicatedDatabaseOptions {
  readonly module: string;
  readonly cluster: Cluster;
  /** The module's own URL of each server that may be the primary. */
  readonly primaries: readonly string[];
  /** The module's own URL of each server that may serve reads. */
  readonly replicas: readonly string[];
  readonly sessions: Sessions;
  readonly level: ConsistencyLevel;
  /** Whether what is read may be kept in a cache. */
  readonly isCached: boolean;
}

/** Where one module writes and reads: a pool of connections for each server. */
export class ReplicatedDatabase implements PrimaryRoute {
  readonly isTracked: boolean;
  readonly #primaries: ReadonlyMap<string, string>;
  readonly #replicas = new Map<string, CallPool>();
  readonly #forget: (() => void)[] = [];
  #router: ReadRouter | undefined;
  #primaryPool: CallPool | undefined;

  constructor(readonly options: ReplicatedDatabaseOptions) {
    this.#primaries = new Map(options.primaries.map((url) => [addressOf(url), url]));
    this.isTracked = options.replicas.length > 0 || options.isCached;
  }

  /** The pool that TypeORM writes with, made by TypeORM with its own options; the replicas' pools are made alike. */
  open(options: pg.PoolConfig): CallPool {
    const { replicas, cluster } = this.options;
    const primary = new CallPool(options, this);
    this.#primaryPool = primary;
    for (const url of replicas)
      this.#replicas.set(
        addressOf(url),
        new CallPool({ ...options, connectionString: url, connectionTimeoutMillis: 1_000 }),
      );
    for (const server of cluster.servers) {
      const replica = this.#replicas.get(server.address);
      replica?.on('error', () => cluster.doubt(server));
      const lost = () => {
        replica?.breakOff();
        if (this.#primaries.has(server.address)) primary.breakOff(server.address);
      };
      server.onLost.add(lost);
      this.#forget.push(() => server.onLost.delete(lost));
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

  get cluster(): Cluster {
    return this.options.cluster;
  }

  /** Every pool, by the address of its server; the primary's is at `primary`. */
  get pools(): ReadonlyMap<string, CallPool> {
    return new Map([['primary', this.#primaryPool!], ...this.#replicas]);
  }

  url(): string | undefined {
    const { primary } = this.options.cluster;
    return primary && this.#primaries.get(primary.address);
  }

  isOutdated(cluster: string, timeline: number): boolean {
    return this.options.cluster.isOutdated(cluster, timeline);
  }

  doubt(): void {
    this.options.cluster.primary?.monitor.check();
  }

  reading({ reach }: CallContext): void {
    reach?.note(this.options.module, this.options.cluster.shownByPrimary);
  }

  wrote({ consistency }: CallContext, position: Position): void {
    this.options.cluster.reached(position);
    consistency.wrote(this.options.module, position);
  }

  /** Whether anything can be done: at least reads. */
  get isUp(): boolean {
    const { primary, readable } = this.options.cluster;
    return primary !== undefined || readable.length > 0;
  }

  /** Closes the replicas' pools; the other one is TypeORM's. */
  async close(): Promise<void> {
    await Promise.all([...this.#replicas.values()].map((pool) => pool.end()));
    for (const forget of this.#forget) forget();
    await this.options.cluster.stop();
  }
}

/** The class that TypeORM makes the primary's pool of. */
export function poolOf(database: ReplicatedDatabase): new (options: pg.PoolConfig) => CallPool {
  return function Pool(options: pg.PoolConfig) {
    return database.open(options);
  } as unknown as new (options: pg.PoolConfig) => CallPool;
}
