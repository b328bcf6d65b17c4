import { callbackify } from 'node:util';
import { type CallContext, type Position, SeamError } from '@tearline/seam';
import pg from 'pg';
import { addressOf } from '../server-urls.js';
import { READ_ONLY_TRANSACTION } from '../server-errors.js';
import { socketOf } from './server-monitor.js';
import { CURRENT_LSN, historyOf, formatLsn } from './position.js';

/** Where the primary is, and who wants to know how far its writes are. */
export interface PrimaryRoute {
  /** The primary's URL; undefined while there is none. */
  url(): string | undefined;
  /** Whether a server that takes writes is one that others have replaced. */
  isOutdated(cluster: string, timeline: number): boolean;
  /** A server that should take writes did not. */
  markSuspect(): void;
  /** Whether anybody reads elsewhere, from a replica or a cache, and so has to know how far writes are. */
  readonly tracksPositions: boolean;
  /** The call is about to read, or write, on the primary. */
  recordRead(call: CallContext): void;
  /** The call has written, and a server that is at this position shows it. */
  recordWrite(call: CallContext, position: Position): void;
}

const PRIMARY_STATUS = `
  select pg_is_in_recovery() as standby,
         system_identifier::text as cluster,
         case when pg_is_in_recovery() then 0
              else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as timeline
    from pg_control_system()`;
const CURRENT_POSITION = `select (${CURRENT_LSN})::text as lsn`;
/** With these a transaction begins or goes on: nothing has happened yet that anybody else could see. */
const NO_VISIBLE_EFFECT = /^\s*(start\s+transaction|begin|rollback|savepoint|release|set|show)\b/i;
const COMMIT = /^\s*(commit|end)\b/i;

export const noPrimaryError = () =>
  new SeamError('unavailable', { message: 'no database server takes writes' });

type Query = (...args: unknown[]) => Promise<pg.QueryResult>;
type Callback = (error: Error | null, result: pg.QueryResult) => void;

/** A connection to whatever server is the primary when it is made, which knows how far the writes on it are. */
export class PrimaryClient extends pg.Client {
  /** The call that the connection works for, when that may write. */
  writingCall: CallContext | undefined;
  /** Of the server that it is a connection to. */
  readonly address: string | undefined;
  #history = '';
  readonly #route: PrimaryRoute;
  readonly #query: Query;

  constructor(config: pg.ClientConfig, route: PrimaryRoute) {
    const url = route.url();
    const pipelined: pg.ClientConfig & { pipeline: boolean } = {
      ...config,
      ...(url && { connectionString: url }),
      pipeline: true,
    };
    super(pipelined);
    this.address = url && addressOf(url);
    this.#route = route;
    this.#query = super.query.bind(this) as Query;
    // TypeORM takes the form that gives a promise, pg's pool the one with a callback; pg declares ten more.
    this.query = ((...args: unknown[]) => this.#run(args)) as pg.Client['query'];
    // The primary was lost while the pool had somebody wait.
    if (!url)
      this.connect = ((done: (error: Error) => void) =>
        process.nextTick(() => {
          this.emit('end');
          done(noPrimaryError());
        })) as pg.Client['connect'];
  }

  /** Called once, before the connection is used. @throws SeamError when the server takes no writes, or no longer should */
  async verify(): Promise<void> {
    const { rows } = await this.#query(PRIMARY_STATUS);
    const { standby, cluster, timeline } = rows[0] as { standby: boolean; cluster: string; timeline: number };
    if (standby || this.#route.isOutdated(cluster, timeline)) {
      this.#route.markSuspect();
      throw new SeamError('unavailable', { message: `${this.address} is not the primary` });
    }
    this.#history = historyOf(cluster, timeline);
  }

  #run(args: unknown[]): Promise<pg.QueryResult> | undefined {
    const text = typeof args[0] === 'string' ? args[0] : (args[0] as { text?: string }).text;
    // A cursor or a stream, which reads.
    if (text === undefined) return this.#query(...args);
    const call = this.writingCall;
    const done = typeof args.at(-1) === 'function' ? (args.pop() as Callback) : undefined;
    const isToBeLocated = call && this.#route.tracksPositions && this.#makesWritesVisible(text);
    const result = isToBeLocated ? this.#queryWithPosition(args, call) : this.#query(...args);
    const checked = result.catch((error: unknown) => this.#rejectReadOnly(error));
    if (!done) return checked;
    callbackify(() => checked)(done);
    return undefined;
  }

  /** Whether others may see something new when the statement has ended: a commit, or one that is its own transaction. */
  #makesWritesVisible(text: string): boolean {
    if (COMMIT.test(text)) return true;
    const status = (this as unknown as { getTransactionStatus(): string | null }).getTransactionStatus();
    return status !== 'T' && status !== 'E' && !NO_VISIBLE_EFFECT.test(text);
  }

  /** Both are on their way before the first is answered, so that the second costs no time of waiting. */
  async #queryWithPosition(args: unknown[], call: CallContext): Promise<pg.QueryResult> {
    const [result, position] = await Promise.allSettled([
      this.#query(...args),
      this.#query(CURRENT_POSITION),
    ]);
    if (result.status === 'rejected') throw result.reason;
    // It is done, but nobody can tell who shows it: like a connection that breaks before the answer is there.
    if (position.status === 'rejected') throw position.reason;
    const [row] = position.value.rows as { lsn: string }[];
    this.#route.recordWrite(call, `${this.#history}.${formatLsn(row!.lsn)}`);
    return result.value;
  }

  #rejectReadOnly(error: unknown): never {
    if ((error as { code?: unknown }).code === READ_ONLY_TRANSACTION) {
      socketOf(this).destroy();
      this.#route.markSuspect();
    }
    throw error;
  }
}
