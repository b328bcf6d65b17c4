export { columnTypes } from './column-types.js';
export { CONNECTIONS_PER_MODULE, connectionsSetting } from './connections-setting.js';
export { databaseUrls, MissingUrlError, urlVariable, valueOf } from './database-urls.js';
export { DatabaseModule } from './database.module.js';
export { Databases, type DatabaseSettings } from './databases.js';
export { migrate, type MigrationTarget } from './migrate.js';
export type { ModuleData } from './module-data.js';
export {
  type MigrateBesides,
  prepareDatabase,
  type PreparedDatabase,
  type PrepareOptions,
  type StartedDatabase,
} from './prepare-database.js';
export { InjectReader, Reader } from './reader.js';
export { ReplyStore } from './reply-store.js';
export type { IdRange, SeedContext, SeedFunction, SeedPlan } from './seed-function.js';
export { statement, type Statement } from './statement.js';
export { InjectTransactions, type Reply, Transactions } from './transactions.js';
