import { Databases, databaseUrls, migrate, type ModuleData } from '@tearline/database';
import {
  DataSource,
  type DataSourceOptions,
  type EntityManager,
  type EntityTarget,
  type ObjectLiteral,
  type QueryRunner,
} from 'typeorm';
import { expect } from 'vitest';
import { startPostgres } from './postgres.js';

const WAITING = "select from pg_stat_activity where usename = current_user and wait_event_type = 'Lock'";

/** The database of one module in a private PostgreSQL, with the module's own role. */
export interface ModuleDatabase {
  readonly dataSource: DataSource;
  /** Runs statements in a transaction that stays open, so that others wait for its locks. */
  begin(...statements: readonly [sql: string, values?: unknown[]][]): Promise<OpenTransaction>;
  /** Resolves when so many statements wait for a lock. */
  untilWaiting(statements?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface OpenTransaction {
  readonly manager: EntityManager;
  readonly query: QueryRunner['query'];
  commit(): Promise<void>;
}

/** Starts a PostgreSQL with the tables of one module. */
export async function startModuleDatabase(
  data: ModuleData,
  entities: readonly EntityTarget<ObjectLiteral>[] = [],
): Promise<ModuleDatabase> {
  const server = await startPostgres();
  const urls = databaseUrls([data.schema], {}, server.url);
  await migrate(server.url, [{ data, url: urls[data.schema]! }]);
  const databases = new Databases({ urls, connections: 6 });
  const options = await databases.dataSourceOptionsFor(data.schema, entities);
  const dataSource = await new DataSource(options as DataSourceOptions).initialize();
  return {
    dataSource,
    begin: async (...statements) => {
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      for (const [sql, values] of statements) await runner.query(sql, values);
      return {
        manager: runner.manager,
        query: runner.query.bind(runner),
        commit: async () => {
          await runner.commitTransaction();
          await runner.release();
        },
      };
    },
    untilWaiting: async (statements = 1) => {
      await expect
        .poll(async () => (await dataSource.query<unknown[]>(WAITING)).length, { interval: 5 })
        .toBe(statements);
    },
    stop: async () => {
      await dataSource.destroy();
      await server.stop();
    },
  };
}
