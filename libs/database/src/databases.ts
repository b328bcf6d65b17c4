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
import { serverUrls } from '@tearline/settings';
import { columnTypes } from './column-types.js';
import {
  type OtherConnections,
  checkBudget,
  checkReplicatedBudget,
  connectionsPerModule,
} from './connection-budget.js';
import { registerPoolMetrics, registerReplicaMetrics } from './database-metrics.js';
import { REPLICATED } from './open-data-source.js';
import { locate, type Place, withoutCredentials } from './placement/locate.js';
import { QueryCounter } from './query-counter.js';
import type { ReadSource } from './reader.js';
import { type Location, poolClassFor, ReplicatedDatabase } from './replication/replicated-database.js';
import { ReplicationGroup } from './replication/replication-group.js';
import type { TransactionalIdempotencyStore } from './transactional-idempotency-store.js';
import { addressOf } from './server-urls.js';
import { sessionUrl } from './session-url.js';
import { ConsistencySessions } from './sessions/consistency-sessions.js';
import { CONNECTIONS_PER_MODULE, DEFAULT_MAX_LAG_MS } from './settings.js';
import { STATEMENT_GRACE_PERIOD_MS } from './statement-timeouts.js';
import { Transactions } from './transactions.js';

/** The default of event handlers and jobs, so that most of their connections need no timeout of their own. */
const HANDLER_TIMEOUT_MS = 30_000;

/** The databases of a host's modules. */
export interface DatabaseModuleOptions {
  /** Each module's URL, with the module's own role. */
  urls: Readonly<Record<string, string>>;
  /** Connections that this host may open to each server, divided evenly among its modules; 5 per module by default. */
  connections?: number | undefined;
  /** Milliseconds that a request may take; 10,000 by default. Statements and waits for a connection may take longer. */
  requestTimeout?: number | undefined;
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
  /** Where the data of modules is that have moved from their URL, as `locate` finds it. */
  places?: Readonly<Record<string, Place>>;
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
    const own = urls[module];
    if (own === undefined) throw new Error(`no database URL for module '${module}'`);
    const url = sessionUrl(own, module);
    const longestMs = Math.max(this.options.requestTimeout ?? 0, HANDLER_TIMEOUT_MS);
    const statementTimeout = longestMs + STATEMENT_GRACE_PERIOD_MS;
    const database = await this.openReplicated(module, own);
    const options: TypeOrmModuleOptions & { [REPLICATED]: ReplicatedDatabase } = {
      type: 'postgres',
      driver: { ...pg, Pool: poolClassFor(database) },
      replication: { master: { url: serverUrls(url)[0]! }, slaves: [] },
      [REPLICATED]: database,
      schema: module,
      entities: entities as Function[],
      poolSize: connectionsPerModule(connections, modules),
      connectTimeoutMS: statementTimeout,
      applicationName: `tearline ${module}`,
      logger: new QueryCounter(),
      extra: {
        types: columnTypes,
        statement_timeout: statementTimeout,
        idleTimeoutMillis: 60_000,
        keepAlive: true,
      },
      retryAttempts: 5,
      retryDelay: 1_000,
    };
    return options;
  }

  register(module: string, dataSource: DataSource): OpenDatabase {
    const { master } = dataSource.driver as unknown as { master: Pool };
    const source = this.#replicated.get(module)!.router;
    const entry = { pool: master, source, queries: dataSource.logger as QueryCounter };
    this.#databases.set(module, entry);
    return entry;
  }

  /** Resolves when every server was contacted once. */
  private async openReplicated(module: string, url: string): Promise<ReplicatedDatabase> {
    const { consistency: level = 'session', isCached = false } = this.options;
    const location = this.locationOf(module, url, this.options.places?.[module] ?? { url, epoch: 0 });
    const database = new ReplicatedDatabase({
      module,
      location,
      locate: async (from) => this.locationOf(module, url, await locate(from, module)),
      level,
      isCached,
      sessions: this.#sessions,
    });
    this.#replicated.set(module, database);
    await location.group.start();
    return database;
  }

  /** The replicas are those of the servers that the module's URL names. */
  private locationOf(module: string, configured: string, { url, epoch, lineage }: Place): Location {
    const isAway = withoutCredentials(url) !== withoutCredentials(configured);
    const primaries = serverUrls(sessionUrl(url, module));
    const replicas = isAway
      ? []
      : (this.options.replicas?.[module] ?? []).map((replica) => sessionUrl(replica, module));
    const moved = lineage === undefined ? undefined : { epoch, lineage };
    return { epoch, url, primaries, replicas, group: this.groupOf(primaries, replicas, moved) };
  }

  private groupOf(
    primaries: readonly string[],
    replicas: readonly string[],
    moved: { epoch: number; lineage: string } | undefined,
  ): ReplicationGroup {
    const { pathname: database } = new URL(primaries[0]!);
    const epoch = moved?.epoch ?? 0;
    const key = JSON.stringify([database, primaries.map(addressOf), replicas.map(addressOf), epoch && moved]);
    const { maxLag = DEFAULT_MAX_LAG_MS, isCached = false } = this.options;
    const isMonitored = primaries.length > 1 || replicas.length > 0 || isCached;
    const group =
      this.#groups.get(key) ?? new ReplicationGroup({ primaries, replicas, maxLag, moved, isMonitored });
    this.#groups.set(key, group);
    return group;
  }

  transactionsOf(module: string, dataSource: DataSource): Transactions {
    const transactions = new Transactions(dataSource);
    this.options.idempotencyStore?.add(module, transactions);
    return transactions;
  }

  async onApplicationBootstrap(): Promise<void> {
    const all = [...this.#replicated.values()];
    const single = [...this.#databases].filter(
      ([module]) => !this.#replicated.get(module)!.group.isMonitored,
    );
    const elsewhere = checkReplicatedBudget(
      all.filter(({ group }) => group.isMonitored),
      this.options.otherConnections,
    );
    const others = elsewhere.map(
      ({ url, connections }) =>
        new pg.Pool({ connectionString: sessionUrl(url), max: connections, application_name: 'tearline' }),
    );
    for (const pool of others) pool.on('connect', (client) => client.on('error', () => undefined));
    try {
      await checkBudget(
        single.map(([, { pool }]) => pool),
        others,
      );
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
    const database = this.#replicated.get(module)!;
    if (!database.group.isMonitored) await this.#databases.get(module)!.pool.query('select 1');
    else if (!database.isUp) throw new Error(`no database server of '${module}' answers`);
  }
}
