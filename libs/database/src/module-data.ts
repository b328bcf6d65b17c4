import type { EventContract, PayloadOf } from '@tearline/seam';
import type { Environment } from '@tearline/settings';
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

/** What the module of a sample row would have published. */
export interface SampleEvent<E extends EventContract> {
  readonly payload: PayloadOf<E>;
  readonly at: Date;
}

export interface SeedContext {
  readonly plan: SeedPlan;
  readonly env: Environment;
  /** The application's public address, for links in the sample data. */
  readonly origin: string;
  /** Ranges that earlier seeds returned, by module: `identity` gives user ids, `articles` article ids. */
  readonly ranges: Readonly<Record<string, IdRange>>;
  /** Returns a stream of numbers in [0, 1), the same for the same seed and name. */
  random(name: string): () => number;
  /**
   * Hands an event to the seeds of subscribers, in the order of its time. It is not published: sample data has no effects outside
   * the database, such as e-mail.
   */
  emit<E extends EventContract>(event: E, payload: PayloadOf<E>, at: Date): void;
  /** Returns the events that earlier seeds emitted, oldest first: the latest 1,000 of each kind. */
  emitted<E extends EventContract>(event: E): readonly SampleEvent<E>[];
  /** Runs SQL as the module's own role. */
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Reports the number of rows inserted so far, and of all rows. */
  progress(done: number, total: number): void;
}

/** Adds sample data to a module; returns the ids that other modules may refer to. */
export type SeedFunction = (context: SeedContext) => Promise<IdRange | undefined>;
