import { DataSource, type DataSourceOptions } from 'typeorm';
import type { ReplicatedDatabase } from './replication/replicated-database.js';
import { routeReads, translateServerErrors } from './replication/route-driver.js';

/** Where the options of a DataSource with replicas keep what it is routed by. */
export const REPLICATED = Symbol('replicated database');

/** Opens a module's DataSource. */
export async function openDataSource(options: DataSourceOptions): Promise<DataSource> {
  const { [REPLICATED]: database } = options as { [REPLICATED]?: ReplicatedDatabase };
  const dataSource = new DataSource(options);
  translateServerErrors(dataSource);
  if (database) routeReads(dataSource, database);
  return dataSource.initialize();
}
