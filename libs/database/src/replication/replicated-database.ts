import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
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
  /** Where the data is when this process starts. */
  readonly location: Location;
  /** Finds out where the data is now, from the servers at a URL on. */
  readonly locate: (url: string) => Promise<Location>;
  readonly sessions: ConsistencySessions;
  readonly level: ConsistencyLevel;
  /** Whether results of reads are cached. */
  readonly isCached: boolean;
}

/** The servers that have a module's data. */
export interface Location {
  /** Incremented when the data moves to other servers. */
  readonly epoch: number;
  /** The module's own URL of the database. */
  readonly url: string;
  readonly group: ReplicationGroup;
  /** The module's own URL of each server that may be the primary. */
  readonly primaries: readonly string[];
  /** The module's own URL of each server that may serve reads. */
  readonly replicas: readonly string[];
}

/** Statements that are refused for another reason than a move ask the servers no more often than this. */
const RELOCATION_INTERVAL_MS = 100;

/** The database of one module: a pool for the primary and one for each replica. */
export class ReplicatedDatabase implements PrimaryRoute {
  readonly tracksPositions: boolean;
  readonly #log = new Logger('Database');
  readonly #replicas = new Map<string, CancellablePool>();
  #location: Location;
  /** URLs by address. */
  #primaries: ReadonlyMap<string, string>;
  #unsubscribe: (() => void)[] = [];
  #router: ReadRouter | undefined;
  #primaryPool: CancellablePool | undefined;
  #poolOptions: pg.PoolConfig = {};
  #relocating: Promise<boolean> | undefined;
  #locatedAt = -Infinity;

  constructor(readonly options: ReplicatedDatabaseOptions) {
    this.#location = options.location;
    this.#primaries = byAddress(options.location.primaries);
    this.tracksPositions = options.location.replicas.length > 0 || options.isCached;
  }

  /** Creates the pool that TypeORM writes with, from TypeORM's options, and the replicas' pools with the same options. */
  createPools(options: pg.PoolConfig): CancellablePool {
    this.#poolOptions = options;
    const primary = new CancellablePool(options, this);
    this.#primaryPool = primary;
    this.#connectReplicas();
    const { module, sessions, level } = this.options;
    this.#router = new ReadRouter({
      module,
      sessions,
      level,
      primary,
      replicas: this.#replicas,
      database: this,
    });
    return primary;
  }

  /** Creates the pools of the replicas, and follows the losses of all servers. */
  #connectReplicas(): void {
    const { group, replicas } = this.#location;
    const primaries = this.#primaries;
    const pools = new Map(
      replicas.map((url) => [
        addressOf(url),
        new CancellablePool({ ...this.#poolOptions, connectionString: url, connectionTimeoutMillis: 1_000 }),
      ]),
    );
    for (const [address, pool] of pools) this.#replicas.set(address, pool);
    for (const server of group.servers) {
      const replica = pools.get(server.address);
      replica?.on('error', () => group.markSuspect(server));
      const onLost = () => {
        replica?.destroyConnections();
        if (primaries.has(server.address)) this.#primaryPool!.destroyConnections(server.address);
      };
      server.lostListeners.add(onLost);
      this.#unsubscribe.push(() => server.lostListeners.delete(onLost));
    }
  }

  get router(): ReadRouter {
    return this.#router!;
  }

  /** The maximum number of connections to each server. */
  get connections(): number {
    return this.#primaryPool!.options.max;
  }

  get epoch(): number {
    return this.#location.epoch;
  }

  get group(): ReplicationGroup {
    return this.#location.group;
  }

  url(): string | undefined {
    const { primary } = this.group;
    return primary && this.#primaries.get(primary.address);
  }

  historyOf(address: string | undefined, cluster: string, timeline: number): string | undefined {
    return this.#isGone(address) ? undefined : this.group.historyOf(cluster, timeline);
  }

  isSuperseded(cluster: string, timeline: number): boolean {
    return this.group.isSuperseded(cluster, timeline);
  }

  markSuspect(): void {
    this.group.primary?.checkNow();
  }

  /**
   * Follows the data to other servers; called when a server has refused a statement as one does that the data has left.
   * @param address of that server
   * @returns whether the data is on other servers now
   */
  async relocate(address: string | undefined): Promise<boolean> {
    // What was asked before the refusal may not know of the move.
    if (this.#relocating && (await this.#relocating)) return true;
    if (this.#isGone(address)) return true;
    return (this.#relocating ??= this.#followSoon().finally(() => {
      this.#locatedAt = performance.now();
      this.#relocating = undefined;
    }));
  }

  #isGone(address: string | undefined): boolean {
    return address !== undefined && !this.group.servers.some((server) => server.address === address);
  }

  async #followSoon(): Promise<boolean> {
    await sleep(Math.max(0, this.#locatedAt + RELOCATION_INTERVAL_MS - performance.now()));
    return this.#follow();
  }

  async #follow(): Promise<boolean> {
    const { module, locate } = this.options;
    const previous = this.#location;
    const location = await locate(previous.url);
    if (location.epoch <= previous.epoch) return false;
    await location.group.start();
    this.#disconnect();
    this.#location = location;
    this.#primaries = byAddress(location.primaries);
    this.#connectReplicas();
    this.#log.log({ msg: 'data has moved', module, servers: location.primaries.map(addressOf) });
    void previous.group.stop();
    return true;
  }

  #disconnect(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    for (const pool of this.#replicas.values()) void pool.end();
    this.#replicas.clear();
  }

  recordRead({ readWatermark }: CallContext): void {
    if (this.group.isMonitored) readWatermark?.observe(this.options.module, this.group.visibleOnPrimary());
  }

  recordWrite({ consistency }: CallContext, position: Position): void {
    this.group.recordPosition(position);
    consistency.recordWrite(this.options.module, position);
  }

  /** Whether at least reads are possible. */
  get isUp(): boolean {
    const { primary, readableReplicas: readable } = this.group;
    return primary !== undefined || readable.length > 0;
  }

  /** Closes the replicas' pools; TypeORM closes the primary's. */
  async close(): Promise<void> {
    // A server that hangs ends its pool when it is found lost.
    await Promise.all([...this.#replicas.values()].map((pool) => pool.end()));
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.group.stop();
  }
}

const byAddress = (urls: readonly string[]) => new Map(urls.map((url) => [addressOf(url), url]));

/** Returns the class that TypeORM instantiates for the primary's pool. */
export function poolClassFor(database: ReplicatedDatabase): new (options: pg.PoolConfig) => CancellablePool {
  return function Pool(options: pg.PoolConfig) {
    return database.createPools(options);
  } as unknown as new (options: pg.PoolConfig) => CancellablePool;
}
