export { columnTypes } from './column-types.js';
export { CONNECTIONS_PER_MODULE, connectionsSetting } from './connections-setting.js';
export { databaseUrls, MissingUrlError, databaseUrlVariable, readVariable } from './database-urls.js';
export { primaryUrl } from './connect-to-primary.js';
export { DatabaseModule } from './database.module.js';
export { Databases, type DatabaseModuleOptions } from './databases.js';
export { migrate, type MigrationTarget } from './migrate.js';
export type { ModuleData } from './module-data.js';
export {
  type SchemaMigrator,
  prepareDatabase,
  type PreparedDatabase,
  type PrepareOptions,
  type StartedDatabase,
} from './prepare-database.js';
export { InjectReader, Reader } from './reader.js';
export { replicaUrlsVariable, replicaUrls } from './replica-urls.js';
export { replicationSettings } from './replication-settings.js';
export { TransactionalIdempotencyStore } from './transactional-idempotency-store.js';
export type { IdRange, SeedContext, SeedFunction, SeedPlan } from './seed-function.js';
export { firstServer, serverUrls } from './server-urls.js';
export { type ConsistencySessionsOptions, ConsistencySessions } from './sessions/consistency-sessions.js';
export { statement, type Statement } from './statement.js';
export { InjectTransactions, type Reply, Transactions } from './transactions.js';
