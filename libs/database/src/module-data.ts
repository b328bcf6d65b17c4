import type { MigrationInterface } from 'typeorm';

/** The data of a module: its schema, migrations and sample data. */
export interface ModuleData {
  /** The schema that holds the module's tables; its role has rights on this schema only. */
  readonly schema: string;
  /** Loads every migration, oldest first. They run as the owner and name their tables with the schema. */
  readonly migrations: () => Promise<readonly (new () => MigrationInterface)[]>;
  /** Loads the function that adds sample data to the module. */
  readonly seed?: () => Promise<SeedFunction>;
}

/** The amount of sample data. */
export interface SeedPlan {
  /** The same number gives the same data. */
  readonly seed: number;
  readonly users: number;
  readonly articles: number;
  readonly comments: number;
  readonly favorites: number;
  readonly follows: number;
}

/** The ids that one module's seed inserted, for the seeds after it: `count` of them from `first` on, without gaps. */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

export interface SeedContext {
  readonly plan: SeedPlan;
  /** Ranges that earlier seeds returned, by module: `identity` gives user ids, `articles` article ids. */
  readonly ranges: Readonly<Record<string, IdRange>>;
  /** Returns a stream of numbers in [0, 1), the same for the same seed and name. */
  random(name: string): () => number;
  /** Runs SQL as the module's own role. */
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Reports the number of rows inserted so far, and of all rows. */
  progress(done: number, total: number): void;
}

/** Adds sample data to a module; returns the ids that other modules may refer to. */
export type SeedFunction = (context: SeedContext) => Promise<IdRange | undefined>;
