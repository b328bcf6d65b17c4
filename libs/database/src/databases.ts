import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  Optional,
} from '@nestjs/common';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import pg, { type Pool } from 'pg';
import type { ConsistencyLevel } from '@tearline/seam';
import { Gauge, Counter, Registry } from 'prom-client';
import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { CancellablePool } from './cancellable-pool.js';
import { CONNECTIONS_PER_MODULE } from './connections-setting.js';
import { columnTypes } from './column-types.js';
import {
  type OtherConnections,
  checkBudget,
  checkReplicatedBudget,
  connectionsPerModule,
} from './connection-budget.js';
import { REPLICATED } from './open-data-source.js';
import { QueryCounter } from './query-counter.js';
import { type ReadSource, SingleSource } from './read-source.js';
import { ReplicationGroups } from './replication/replication-groups.js';
import { registerReplicaMetrics } from './replication/replica-metrics.js';
import { poolClassFor, ReplicatedDatabase } from './replication/replicated-database.js';
import type { TransactionalIdempotencyStore } from './transactional-idempotency-store.js';
import { serverUrls } from './server-urls.js';
import { ConsistencySessions } from './sessions/consistency-sessions.js';
import { Transactions } from './transactions.js';

/** Where a host's modules keep their data. */
export interface DatabaseModuleOptions {
  /** Each module's URL, with the module's own role. */
  urls: Readonly<Record<string, string>>;
  /** Connections that this host may open altogether, divided evenly among its modules; 5 for each by default. */
  connections?: number | undefined;
  /** What this host opens besides, for the check that its servers allow it: the queues' connections, say. */
  otherConnections?: readonly OtherConnections[];
  /** By module the URLs of its replicas, with the module's own role; none by default. */
  replicas?: Readonly<Record<string, readonly string[]>>;
  /** What reads see that do not say; what their caller has written by default. */
  consistency?: ConsistencyLevel | undefined;
  /** Milliseconds that a replica may be behind before it is asked no more; 5,000 by default. */
  maxLag?: number | undefined;
  /** Whether what is read may be kept in a cache, which has to know how far the data was; by default not. */
  isCached?: boolean;
  /** Remembers what callers have written; the same that the host has. */
  sessions?: ConsistencySessions;
  /** Gets to know the write door of each module, when commands are to be answered once for each key. */
  idempotencyStore?: TransactionalIdempotencyStore;
}

/** One module's way to its data. */
interface OpenDatabase {
  /** Of the server that takes writes. */
  readonly pool: Pool;
  readonly source: ReadSource;
  readonly count: QueryCounter;
}

const DEFAULT_MAX_LAG_MS = 5_000;

export const DATABASE_OPTIONS = Symbol('database settings');

/** The pools of one host: how they are opened, whether they fit, how they are doing. */
@Injectable()
export class Databases implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #pools = new Map<string, OpenDatabase>();
  readonly #replicated = new Map<string, ReplicatedDatabase>();
  readonly #groups = new ReplicationGroups();
  readonly #sessions: ConsistencySessions;

  constructor(
    @Inject(DATABASE_OPTIONS) private readonly options: DatabaseModuleOptions,
    @Optional() registry?: Registry,
  ) {
    this.#sessions = options.sessions ?? new ConsistencySessions({ maxLag: options.maxLag });
    if (!registry) return;
    this.registerMetrics(registry);
    registerReplicaMetrics(registry, this.#replicated);
  }

  async dataSourceOptionsFor(
    module: string,
    entities: readonly EntityTarget<ObjectLiteral>[],
  ): Promise<TypeOrmModuleOptions> {
    const { urls } = this.options;
    const modules = Object.keys(urls).length;
    const connections = this.options.connections ?? modules * CONNECTIONS_PER_MODULE;
    const url = urls[module];
    if (url === undefined) throw new Error(`no database URL for module '${module}'`);
    const database = await this.openReplicated(module, url);
    return {
      type: 'postgres',
      ...(database
        ? {
            driver: { ...pg, Pool: poolClassFor(database) },
            replication: { master: { url: serverUrls(url)[0]! }, slaves: [] },
            [REPLICATED]: database,
          }
        : { driver: { ...pg, Pool: CancellablePool }, url }),
      schema: module,
      entities: entities as Function[],
      poolSize: connectionsPerModule(connections, modules),
      connectTimeoutMS: 5_000,
      applicationName: `tearline ${module}`,
      logger: new QueryCounter(),
      extra: { types: columnTypes, statement_timeout: 10_000, idleTimeoutMillis: 60_000, keepAlive: true },
      retryAttempts: 5,
      retryDelay: 1_000,
    };
  }

  /** Called once for each opened DataSource. */
  register(module: string, dataSource: DataSource): OpenDatabase {
    const { master } = dataSource.driver as unknown as { master: Pool };
    const source = this.#replicated.get(module)?.router ?? new SingleSource(master);
    const entry = { pool: master, source, count: dataSource.logger as QueryCounter };
    this.#pools.set(module, entry);
    return entry;
  }

  /** A module's servers, once each of them has been asked who it is; undefined when there is but one, and no cache. */
  private async openReplicated(module: string, url: string): Promise<ReplicatedDatabase | undefined> {
    const { replicas: all, consistency: level = 'session', maxLag = DEFAULT_MAX_LAG_MS } = this.options;
    const primaries = serverUrls(url);
    const replicas = all?.[module] ?? [];
    const { isCached = false } = this.options;
    if (primaries.length === 1 && replicas.length === 0 && !isCached) return undefined;
    const group = this.#groups.of({ primaries, replicas, maxLag });
    const options = { module, group, primaries, replicas, level, isCached, sessions: this.#sessions };
    const database = new ReplicatedDatabase(options);
    this.#replicated.set(module, database);
    await group.start();
    return database;
  }

  /** The write door of an opened DataSource. */
  transactionsOf(module: string, dataSource: DataSource): Transactions {
    const transactions = new Transactions(dataSource);
    this.options.idempotencyStore?.add(module, transactions);
    return transactions;
  }

  async onApplicationBootstrap(): Promise<void> {
    const single = [...this.#pools].filter(([module]) => !this.#replicated.has(module));
    const elsewhere = checkReplicatedBudget([...this.#replicated.values()], this.options.otherConnections);
    const besides = elsewhere.map(
      ({ url, connections }) =>
        new pg.Pool({ connectionString: url, max: connections, application_name: 'tearline' }),
    );
    try {
      await checkBudget([...single.map(([, { pool }]) => pool), ...besides]);
    } finally {
      await Promise.all(besides.map((pool) => pool.end()));
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#sessions.close();
  }

  /** Answers when every module's database does; one with replicas also while nobody takes its writes. */
  async ping(): Promise<void> {
    await Promise.all([...this.#pools.keys()].map((module) => this.pingModule(module)));
  }

  private async pingModule(module: string): Promise<void> {
    const database = this.#replicated.get(module);
    if (!database) await this.#pools.get(module)!.pool.query('select 1');
    else if (!database.isUp) throw new Error(`no database server of '${module}' answers`);
  }

  private registerMetrics(registry: Registry): void {
    const pools = this.#pools;
    new Gauge({
      name: 'database_pool_connections',
      help: 'Connections of a module to its database; waiting counts the requests that wait for one',
      labelNames: ['module', 'state'],
      registers: [registry],
      collect() {
        for (const [module, { pool }] of pools) {
          this.set({ module, state: 'idle' }, pool.idleCount);
          this.set({ module, state: 'busy' }, pool.totalCount - pool.idleCount);
          this.set({ module, state: 'waiting' }, pool.waitingCount);
          this.set({ module, state: 'max' }, pool.options.max);
        }
      },
    });
    new Counter({
      name: 'database_queries_total',
      help: 'Statements that a module sent to its database, transaction control included',
      labelNames: ['module', 'work'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [module, { count }] of pools) {
          this.inc({ module, work: 'call' }, count.inCalls);
          this.inc({ module, work: 'background' }, count.inBackground);
        }
      },
    });
  }
}
