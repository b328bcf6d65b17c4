export { columnTypes } from './column-types.js';
export { databaseUrls, replicaUrls } from './database-urls.js';
export { primaryUrl } from './connect-to-primary.js';
export { DatabaseModule } from './database.module.js';
export { Databases, type DatabaseModuleOptions } from './databases.js';
export { migrate, type MigrationTarget } from './migrate.js';
export type { IdRange, ModuleData, SeedContext, SeedFunction, SeedPlan } from './module-data.js';
export {
  type SchemaMigrator,
  prepareDatabase,
  type PreparedDatabase,
  type PrepareOptions,
  type StartedDatabase,
} from './prepare-database.js';
export { InjectReader, Reader, type Statement, statement } from './reader.js';
export { TransactionalIdempotencyStore } from './transactional-idempotency-store.js';
export { type ConsistencySessionsOptions, ConsistencySessions } from './sessions/consistency-sessions.js';
export {
  CONNECTIONS_PER_MODULE,
  databaseSettings,
  databaseUrlSettings,
  databaseUrlVariable,
  ownerSettings,
  replicaUrlsSettings,
  replicaUrlsVariable,
} from './settings.js';
export { InjectTransactions, type Reply, Transactions } from './transactions.js';
