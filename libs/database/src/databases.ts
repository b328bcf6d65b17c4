import { Inject, Injectable, type OnApplicationBootstrap, Optional } from '@nestjs/common';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import pg, { type Pool } from 'pg';
import { Gauge, Counter, Registry } from 'prom-client';
import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { CallPool } from './call-pool.js';
import { CONNECTIONS_PER_MODULE } from './connections-setting.js';
import { columnTypes } from './column-types.js';
import { checkBudget, shareOf } from './connection-budget.js';
import { QueryCount } from './query-count.js';
import type { ReplyStore } from './reply-store.js';
import { Transactions } from './transactions.js';

/** Where a host's modules keep their data. */
export interface DatabaseSettings {
  /** Each module's URL, with the module's own role. */
  urls: Readonly<Record<string, string>>;
  /** Connections that this host may open altogether, divided evenly among its modules; 5 for each by default. */
  connections?: number | undefined;
  /** What this host opens besides, for the check that its servers allow it: the queues' connections, say. */
  besides?: readonly { readonly url: string; readonly connections: number }[];
  /** Gets to know the write door of each module, when commands are to be answered once for each key. */
  replies?: ReplyStore;
}

export const DATABASE_SETTINGS = Symbol('database settings');

/** The pools of one host: how they are opened, whether they fit, how they are doing. */
@Injectable()
export class Databases implements OnApplicationBootstrap {
  readonly #pools = new Map<string, { pool: Pool; count: QueryCount }>();

  constructor(
    @Inject(DATABASE_SETTINGS) private readonly settings: DatabaseSettings,
    @Optional() registry?: Registry,
  ) {
    if (registry) this.measure(registry);
  }

  optionsFor(module: string, entities: readonly EntityTarget<ObjectLiteral>[]): TypeOrmModuleOptions {
    const { urls } = this.settings;
    const modules = Object.keys(urls).length;
    const connections = this.settings.connections ?? modules * CONNECTIONS_PER_MODULE;
    const url = urls[module];
    if (url === undefined) throw new Error(`no database URL for module '${module}'`);
    return {
      type: 'postgres',
      driver: { ...pg, Pool: CallPool },
      url,
      schema: module,
      entities: entities as Function[],
      poolSize: shareOf(connections, modules),
      connectTimeoutMS: 5_000,
      applicationName: `tearline ${module}`,
      logger: new QueryCount(),
      extra: { types: columnTypes, statement_timeout: 10_000, idleTimeoutMillis: 60_000, keepAlive: true },
      retryAttempts: 5,
      retryDelay: 1_000,
    };
  }

  /** Called once for each opened DataSource. */
  add(module: string, dataSource: DataSource): { pool: Pool; count: QueryCount } {
    const { master } = dataSource.driver as unknown as { master: Pool };
    const entry = { pool: master, count: dataSource.logger as QueryCount };
    this.#pools.set(module, entry);
    return entry;
  }

  /** The write door of an opened DataSource. */
  transactionsOf(module: string, dataSource: DataSource): Transactions {
    const transactions = new Transactions(dataSource);
    this.settings.replies?.add(module, transactions);
    return transactions;
  }

  async onApplicationBootstrap(): Promise<void> {
    const besides = (this.settings.besides ?? []).map(
      ({ url, connections }) =>
        new pg.Pool({ connectionString: url, max: connections, application_name: 'tearline' }),
    );
    try {
      await checkBudget([...[...this.#pools.values()].map(({ pool }) => pool), ...besides]);
    } finally {
      await Promise.all(besides.map((pool) => pool.end()));
    }
  }

  /** Answers when every module's database does. */
  async ping(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.query('select 1')));
  }

  private measure(registry: Registry): void {
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
