import { SeamError } from '@tearline/seam';
import {
  type DataSource,
  type EntityManager,
  QueryFailedError,
  type QueryRunner,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';
import { toUnavailable } from '../server-errors.js';
import type { ReplicatedDatabase } from './replicated-database.js';

/** The parts of TypeORM's driver that are its own business, and ours. */
interface Driver {
  createQueryRunner(mode: 'master' | 'slave'): QueryRunner;
  obtainSlaveConnection(): Promise<unknown>;
  disconnect(): Promise<void>;
}

interface Releasing {
  releasePostgresConnection(error?: unknown): Promise<void>;
}

/** Lets TypeORM take its reads' connections from the router, which knows the servers; it would take any one, dead or alive. */
export function routeReads({ driver }: DataSource, database: ReplicatedDatabase): void {
  const ours = driver as unknown as Driver;
  const disconnect = ours.disconnect.bind(ours);
  ours.obtainSlaveConnection = () => database.router.connect();
  ours.disconnect = async () => {
    await disconnect();
    await database.close();
  };
}

/** Runners whose connection broke, and how. */
type Broken = WeakMap<QueryRunner, unknown>;

/** Lets repositories say `unavailable` when their server is gone, instead of an error of this one query. */
export function translateServerErrors({ driver, manager }: DataSource): void {
  const ours = driver as unknown as Driver;
  const broken: Broken = new WeakMap();
  const createQueryRunner = ours.createQueryRunner.bind(ours);
  ours.createQueryRunner = (mode) => translateErrorsOf(createQueryRunner(mode), broken);

  // In a transaction the manager looks whether its runner was released, before the runner is asked for anything.
  const transaction = manager.transaction.bind(manager) as Transaction;
  manager.transaction = async (...args: unknown[]) => {
    const work = args.pop() as Work;
    let runner: QueryRunner | undefined;
    try {
      return await transaction(...args, (inside: EntityManager) => {
        runner = inside.queryRunner;
        return work(inside);
      });
    } catch (error) {
      const isReleased = error instanceof QueryRunnerProviderAlreadyReleasedError;
      throw isReleased && runner && broken.has(runner) ? toUnavailable(broken.get(runner)) : error;
    }
  };
}

type Work = (manager: EntityManager) => Promise<unknown>;
type Transaction = (...args: unknown[]) => Promise<unknown>;

function translateErrorsOf(runner: QueryRunner, broken: Broken): QueryRunner {
  // A connection that breaks between two queries releases its runner, which then only tells that it was released.
  const releasing = runner as unknown as Releasing;
  const release = releasing.releasePostgresConnection.bind(runner);
  releasing.releasePostgresConnection = (error) => {
    if (error && !broken.has(runner)) broken.set(runner, error);
    return release(error);
  };
  const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
  runner.query = (async (...args: unknown[]) => {
    try {
      return await query(...args);
    } catch (error) {
      const fault = error instanceof QueryFailedError ? (error.driverError as unknown) : error;
      const told = toUnavailable(
        error instanceof QueryRunnerAlreadyReleasedError ? (broken.get(runner) ?? error) : fault,
      );
      throw told instanceof SeamError ? told : error;
    }
  }) as QueryRunner['query'];
  return runner;
}
