export { columnTypes } from './column-types.js';
export { databaseUrls, urlVariable } from './database-urls.js';
export { DatabaseModule } from './database.module.js';
export { Databases, type DatabaseSettings } from './databases.js';
export { migrate, type MigrationTarget } from './migrate.js';
export type { ModuleData } from './module-data.js';
export { InjectReader, Reader } from './reader.js';
export type { IdRange, SeedContext, SeedFunction, SeedPlan } from './seed-function.js';
export { statement, type Statement } from './statement.js';
