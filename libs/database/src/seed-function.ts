/** How much sample data is wanted. */
export interface SeedPlan {
  /** The same number gives the same data. */
  readonly seed: number;
  readonly users: number;
  readonly articles: number;
  readonly comments: number;
  readonly favorites: number;
  readonly follows: number;
}

/** Ids that one module's seed made, for the seeds after it: `count` of them from `first` on, without gaps. */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

/** What a module's seed is given. */
export interface SeedContext {
  readonly plan: SeedPlan;
  /** Ranges that earlier seeds returned, by module: `identity` gives user ids, `articles` article ids. */
  readonly ranges: Readonly<Record<string, IdRange>>;
  /** A stream of numbers in [0, 1), the same for the same seed and name. */
  random(name: string): () => number;
  /** Runs SQL as the module's own role. */
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Tells how many rows of how many are in. */
  progress(done: number, total: number): void;
}

/** Fills a module with sample data, in addition to what is there; returns the ids that others may refer to. */
export type SeedFunction = (context: SeedContext) => Promise<IdRange | undefined>;
