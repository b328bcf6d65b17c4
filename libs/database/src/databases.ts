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
import { Registry } from 'prom-client';
import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { CancellablePool } from './cancellable-pool.js';
import { columnTypes } from './column-types.js';
import {
  type OtherConnections,
  checkBudget,
  checkReplicatedBudget,
  connectionsPerModule,
} from './connection-budget.js';
import { registerPoolMetrics, registerReplicaMetrics } from './database-metrics.js';
import { REPLICATED } from './open-data-source.js';
import { QueryCounter } from './query-counter.js';
import type { ReadSource } from './reader.js';
import { poolClassFor, ReplicatedDatabase } from './replication/replicated-database.js';
import { ReplicationGroup } from './replication/replication-group.js';
import type { TransactionalIdempotencyStore } from './transactional-idempotency-store.js';
import { addressOf, serverUrls } from './server-urls.js';
import { ConsistencySessions } from './sessions/consistency-sessions.js';
import { CONNECTIONS_PER_MODULE, DEFAULT_MAX_LAG_MS } from './settings.js';
import { Transactions } from './transactions.js';

/** The databases of a host's modules. */
export interface DatabaseModuleOptions {
  /** Each module's URL, with the module's own role. */
  urls: Readonly<Record<string, string>>;
  /** Connections that this host may open to each server, divided evenly among its modules; 5 per module by default. */
  connections?: number | undefined;
  /** Connections that the host opens outside of its modules, such as those of the queues; they count towards the budget. */
  otherConnections?: readonly OtherConnections[];
  /** The URLs of each module's replicas, with the module's own role; none by default. */
  replicas?: Readonly<Record<string, readonly string[]>>;
  /** Consistency level of reads that do not ask for one; `session` by default. */
  consistency?: ConsistencyLevel | undefined;
  /** Replication lag in milliseconds above which a replica serves no reads; 5,000 by default. */
  maxLag?: number | undefined;
  /** Whether results of reads are cached, so that their positions must be recorded; false by default. */
  isCached?: boolean;
  /** Stores the positions of callers' writes; the same instance that the host has. */
  sessions?: ConsistencySessions;
  /** Receives the Transactions of each module, so that commands with an idempotency key take effect once. */
  idempotencyStore?: TransactionalIdempotencyStore;
}

interface OpenDatabase {
  /** Connections to the primary. */
  readonly pool: Pool;
  readonly source: ReadSource;
  readonly queries: QueryCounter;
}

export const DATABASE_OPTIONS = Symbol('database module options');

/** Opens the databases of one host, checks its connection budget and reports their health and metrics. */
@Injectable()
export class Databases implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #databases = new Map<string, OpenDatabase>();
  readonly #replicated = new Map<string, ReplicatedDatabase>();
  /** Modules whose data is on the same servers share one group. */
  readonly #groups = new Map<string, ReplicationGroup>();
  readonly #sessions: ConsistencySessions;

  constructor(
    @Inject(DATABASE_OPTIONS) private readonly options: DatabaseModuleOptions,
    @Optional() registry?: Registry,
  ) {
    this.#sessions = options.sessions ?? new ConsistencySessions({ maxLag: options.maxLag });
    if (!registry) return;
    registerPoolMetrics(registry, this.#databases);
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

  register(module: string, dataSource: DataSource): OpenDatabase {
    const { master } = dataSource.driver as unknown as { master: Pool };
    const source = this.#replicated.get(module)?.router ?? readFrom(master);
    const entry = { pool: master, source, queries: dataSource.logger as QueryCounter };
    this.#databases.set(module, entry);
    return entry;
  }

  /** Returns undefined for a single server whose reads are not cached. Resolves when every server was contacted once. */
  private async openReplicated(module: string, url: string): Promise<ReplicatedDatabase | undefined> {
    const { consistency: level = 'session', isCached = false } = this.options;
    const primaries = serverUrls(url);
    const replicas = this.options.replicas?.[module] ?? [];
    if (primaries.length === 1 && replicas.length === 0 && !isCached) return undefined;
    const group = this.groupOf(primaries, replicas);
    const options = { module, group, primaries, replicas, level, isCached, sessions: this.#sessions };
    const database = new ReplicatedDatabase(options);
    this.#replicated.set(module, database);
    await group.start();
    return database;
  }

  private groupOf(primaries: readonly string[], replicas: readonly string[]): ReplicationGroup {
    const { pathname: database } = new URL(primaries[0]!);
    const key = JSON.stringify([database, primaries.map(addressOf), replicas.map(addressOf)]);
    const { maxLag = DEFAULT_MAX_LAG_MS } = this.options;
    const group = this.#groups.get(key) ?? new ReplicationGroup({ primaries, replicas, maxLag });
    this.#groups.set(key, group);
    return group;
  }

  transactionsOf(module: string, dataSource: DataSource): Transactions {
    const transactions = new Transactions(dataSource);
    this.options.idempotencyStore?.add(module, transactions);
    return transactions;
  }

  async onApplicationBootstrap(): Promise<void> {
    const single = [...this.#databases].filter(([module]) => !this.#replicated.has(module));
    const elsewhere = checkReplicatedBudget([...this.#replicated.values()], this.options.otherConnections);
    const others = elsewhere.map(
      ({ url, connections }) =>
        new pg.Pool({ connectionString: url, max: connections, application_name: 'tearline' }),
    );
    try {
      await checkBudget([...single.map(([, { pool }]) => pool), ...others]);
    } finally {
      await Promise.all(others.map((pool) => pool.end()));
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#sessions.close();
  }

  /** Resolves when every module's database answers. A database with replicas needs no primary for that. */
  async ping(): Promise<void> {
    await Promise.all([...this.#databases.keys()].map((module) => this.pingModule(module)));
  }

  private async pingModule(module: string): Promise<void> {
    const database = this.#replicated.get(module);
    if (!database) await this.#databases.get(module)!.pool.query('select 1');
    else if (!database.isUp) throw new Error(`no database server of '${module}' answers`);
  }
}

function readFrom(pool: Pool): ReadSource {
  return { read: (work) => work((query) => pool.query(query)) };
}
