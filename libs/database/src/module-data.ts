import type { MigrationInterface } from 'typeorm';
import type { SeedFunction } from './seed-function.js';

/** What a module keeps, for those who prepare a database: the schema's name, its history, and sample data. */
export interface ModuleData {
  /** The schema that holds the module's tables; its role has rights on this one alone. */
  readonly schema: string;
  /** Every migration so far, oldest first. They run as the owner and name their tables with the schema. */
  readonly migrations: () => Promise<readonly (new () => MigrationInterface)[]>;
  /** Loads the function that fills the module with sample data. */
  readonly seed?: () => Promise<SeedFunction>;
}
