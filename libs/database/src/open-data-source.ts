import { currentSpan, endWith, SeamError } from '@tearline/seam';
import { DataSource, type DataSourceOptions, QueryFailedError, type QueryRunner } from 'typeorm';
import type { ReplicatedDatabase } from './replication/replicated-database.js';
import { repeatOnConflict } from './conflicts.js';
import { toConnectionError } from './connection-error.js';
import { toSeamError } from './server-errors.js';
import { databaseUrlVariable } from './settings.js';
import { startStatement } from './statement-span.js';

/** The key under which the options of a DataSource with replicas hold their ReplicatedDatabase. */
export const REPLICATED = Symbol('replicated database');

/** Internal parts of TypeORM's driver that are replaced here. */
interface Driver {
  createQueryRunner(mode: 'master' | 'slave'): QueryRunner;
  obtainSlaveConnection(): Promise<unknown>;
  disconnect(): Promise<void>;
}

interface ReleasableRunner {
  releasePostgresConnection(error?: unknown): Promise<void>;
}

export type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

/** Opens a module's DataSource. @throws Error that names the module's variable when its server refuses the connection */
export async function openDataSource(module: string, options: PostgresOptions): Promise<DataSource> {
  const { [REPLICATED]: database } = options as { [REPLICATED]?: ReplicatedDatabase };
  const dataSource = new DataSource(options);
  wrapQueryRunners(module, dataSource);
  if (database) routeReads(dataSource, database);
  try {
    return await dataSource.initialize();
  } catch (error) {
    const url = options.url ?? options.replication?.master.url;
    throw url === undefined ? error : toConnectionError(databaseUrlVariable(module), url, error);
  }
}

/** Makes TypeORM read through the router; on its own it would pick any replica, including an unreachable one. */
function routeReads({ driver: dataSourceDriver }: DataSource, database: ReplicatedDatabase): void {
  const driver = dataSourceDriver as unknown as Driver;
  const disconnect = driver.disconnect.bind(driver);
  driver.obtainSlaveConnection = () => database.router.connect();
  driver.disconnect = async () => {
    await disconnect();
    await database.close();
  };
}

/**
 * Makes repositories throw `unavailable` instead of the error of one query when their server is gone, and gives their statements
 * spans.
 */
function wrapQueryRunners(module: string, { driver: dataSourceDriver }: DataSource): void {
  const driver = dataSourceDriver as unknown as Driver;
  const createQueryRunner = driver.createQueryRunner.bind(driver);
  driver.createQueryRunner = (mode) => traceStatementsOf(module, translateErrorsOf(createQueryRunner(mode)));
}

function traceStatementsOf(module: string, runner: QueryRunner): QueryRunner {
  const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
  runner.query = ((...args: unknown[]) => {
    const parent = currentSpan();
    if (!parent) return query(...args);
    return endWith(startStatement(parent, module, args[0] as string), query(...args));
  }) as QueryRunner['query'];
  return runner;
}

function translateErrorsOf(runner: QueryRunner): QueryRunner {
  // TypeORM releases a runner when its connection breaks between two queries. The next query would then fail with an error
  // about the runner, and each layer above would have to know that it stands for the connection.
  const releasable = runner as unknown as ReleasableRunner;
  const release = releasable.releasePostgresConnection.bind(runner);
  let failure: unknown;
  releasable.releasePostgresConnection = async (error) => {
    if (error) failure ??= error;
    else await release(failure);
  };
  const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
  runner.query = (async (...args: unknown[]) => {
    try {
      // A statement outside of a transaction has no effect when it fails.
      if (runner.isTransactionActive) return await query(...args);
      return await repeatOnConflict(() => query(...args));
    } catch (error) {
      const translated = toSeamError(error instanceof QueryFailedError ? error.driverError : error);
      throw translated instanceof SeamError ? translated : error;
    }
  }) as QueryRunner['query'];
  return runner;
}
