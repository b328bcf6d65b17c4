/** What a module gave up on: an event that it could not handle, or a job of its own. */
export interface DeadLetter {
  /** To name it by: `articles:article/7:12` is the twelfth event of an aggregate, `job:311` a job. */
  readonly id: string;
  /** Who could not handle it. */
  readonly module: string;
  /** Who published it; of a job, the module itself. */
  readonly publisher: string;
  /** The event's name, or the job's. */
  readonly event: string;
  /** Undefined for a job. */
  readonly aggregate: string | undefined;
  /** Its number among the aggregate's events; undefined for a job. */
  readonly seq: number | undefined;
  /** What the last attempt said. */
  readonly error: string;
  readonly attempts: number;
  readonly since: Date;
  /** Events of the same aggregate that have come since, and wait until it is retried or dropped. */
  readonly waiting: number;
}
