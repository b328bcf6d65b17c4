export { columnTypes } from './column-types.js';
export { databaseUrls, replicaUrls } from './database-urls.js';
export { execute } from './execute.js';
export { toConnectionError } from './connection-error.js';
export { primaryUrl } from './connect-to-primary.js';
export type { DeploymentChange } from './deployment/establish-deployment.js';
export { readDeployment } from './deployment/read-deployment.js';
export { DatabaseModule } from './database.module.js';
export { Databases, type DatabaseModuleOptions } from './databases.js';
export {
  migrate,
  migrateOtherSchema,
  type MigrationTarget,
  moduleMigrations,
  type SchemaMigrator,
} from './migrate.js';
export type { IdRange, ModuleData, SampleEvent, SeedContext, SeedFunction, SeedPlan } from './module-data.js';
export {
  prepareDatabase,
  type PreparedDatabase,
  type PrepareOptions,
  type StartedDatabase,
} from './prepare-database.js';
export { DataMove, type DataMoveOptions, type MoveStatus, type MoveStep } from './move/data-move.js';
export type { CopyProgress } from './move/initial-copy.js';
export type { MovePlan } from './move/obstacles.js';
export { connectServers, type Server } from './move/server.js';
export { currentUrls, locateModules, type Place } from './placement/locate.js';
export { roleName } from './role-name.js';
export { InjectReader, Reader, readerToken, type Statement, statement } from './reader.js';
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
export { inTransaction } from './conflicts.js';
export { sessionUrl } from './session-url.js';
export { InjectTransactions, type Reply, Transactions } from './transactions.js';
