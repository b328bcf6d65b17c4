import { SeamError } from '@tearline/seam';
import {
  DataSource,
  type DataSourceOptions,
  type EntityManager,
  QueryFailedError,
  type QueryRunner,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';
import type { ReplicatedDatabase } from './replication/replicated-database.js';
import { toUnavailable } from './server-errors.js';

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

/** Opens a module's DataSource. */
export async function openDataSource(options: DataSourceOptions): Promise<DataSource> {
  const { [REPLICATED]: database } = options as { [REPLICATED]?: ReplicatedDatabase };
  const dataSource = new DataSource(options);
  translateServerErrors(dataSource);
  if (database) routeReads(dataSource, database);
  return dataSource.initialize();
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

/** Runners whose connection broke, with the error. */
type BrokenRunners = WeakMap<QueryRunner, unknown>;
type Work = (manager: EntityManager) => Promise<unknown>;
type Transaction = (...args: unknown[]) => Promise<unknown>;

/** Makes repositories throw `unavailable` instead of the error of one query when their server is gone. */
function translateServerErrors({ driver: dataSourceDriver, manager }: DataSource): void {
  const driver = dataSourceDriver as unknown as Driver;
  const broken: BrokenRunners = new WeakMap();
  const createQueryRunner = driver.createQueryRunner.bind(driver);
  driver.createQueryRunner = (mode) => translateErrorsOf(createQueryRunner(mode), broken);

  // In a transaction the manager checks whether its runner was released, before it calls the runner.
  const transaction = manager.transaction.bind(manager) as Transaction;
  manager.transaction = async (...args: unknown[]) => {
    let runner: QueryRunner | undefined;
    // With or without an isolation level; DataSource.transaction passes `undefined` behind the work.
    const observed = args.map((arg) =>
      typeof arg === 'function'
        ? (inner: EntityManager) => {
            runner = inner.queryRunner;
            return (arg as Work)(inner);
          }
        : arg,
    );
    try {
      return await transaction(...observed);
    } catch (error) {
      const isReleased = error instanceof QueryRunnerProviderAlreadyReleasedError;
      throw isReleased && runner && broken.has(runner) ? toUnavailable(broken.get(runner)) : error;
    }
  };
}

function translateErrorsOf(runner: QueryRunner, broken: BrokenRunners): QueryRunner {
  // A connection that breaks between two queries releases its runner, whose later error does not have the cause.
  const releasable = runner as unknown as ReleasableRunner;
  const release = releasable.releasePostgresConnection.bind(runner);
  releasable.releasePostgresConnection = (error) => {
    if (error && !broken.has(runner)) broken.set(runner, error);
    return release(error);
  };
  const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
  runner.query = (async (...args: unknown[]) => {
    try {
      return await query(...args);
    } catch (error) {
      let cause: unknown = error;
      if (error instanceof QueryFailedError) cause = error.driverError;
      if (error instanceof QueryRunnerAlreadyReleasedError) cause = broken.get(runner) ?? error;
      const translated = toUnavailable(cause);
      throw translated instanceof SeamError ? translated : error;
    }
  }) as QueryRunner['query'];
  return runner;
}
