import { SeamError } from '@tearline/seam';
import { type DataSource, QueryFailedError, type QueryRunner } from 'typeorm';
import { asUnavailable } from '../unavailable.js';
import type { ReplicatedDatabase } from './replicated-database.js';

/** The parts of TypeORM's driver that are its own business, and ours. */
interface Driver {
  createQueryRunner(mode: 'master' | 'slave'): QueryRunner;
  obtainSlaveConnection(): Promise<unknown>;
  disconnect(): Promise<void>;
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

/** Lets repositories say `unavailable` when their server is gone, instead of an error of this one query. */
export function tellServersFaults({ driver }: DataSource): void {
  const ours = driver as unknown as Driver;
  const createQueryRunner = ours.createQueryRunner.bind(ours);
  ours.createQueryRunner = (mode) => {
    const runner = createQueryRunner(mode);
    const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
    runner.query = (async (...args: unknown[]) => {
      try {
        return await query(...args);
      } catch (error) {
        const told = asUnavailable(error instanceof QueryFailedError ? error.driverError : error);
        throw told instanceof SeamError ? told : error;
      }
    }) as QueryRunner['query'];
    return runner;
  };
}
