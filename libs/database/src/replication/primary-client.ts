import { callbackify } from 'node:util';
import { type CallContext, type Position, SeamError } from '@tearline/seam';
import pg from 'pg';
import { addressOf } from '../server-urls.js';
import { READ_ONLY_TRANSACTION } from '../server-errors.js';
import { socketOf } from './server-monitor.js';
import { CURRENT_LSN, historyOf, formatLsn } from './position.js';

/** Locates the primary, and records the positions of reads and writes there. */
export interface PrimaryRoute {
  /** Returns the primary's URL; undefined while there is none. */
  url(): string | undefined;
  /** Returns whether a writable server was replaced by a promotion. */
  isSuperseded(cluster: string, timeline: number): boolean;
  /** Called when the primary refused a write. */
  markSuspect(): void;
  /** Whether reads are served by replicas or a cache, so that the positions of writes are needed. */
  readonly tracksPositions: boolean;
  /** Called before a call reads or writes on the primary. */
  recordRead(call: CallContext): void;
  /** Called after a write, with a position that covers it. */
  recordWrite(call: CallContext, position: Position): void;
}

const PRIMARY_STATUS = `
  select pg_is_in_recovery() as standby,
         system_identifier::text as cluster,
         case when pg_is_in_recovery() then 0
              else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as timeline
    from pg_control_system()`;
const CURRENT_POSITION = `select (${CURRENT_LSN})::text as lsn`;
/** Statements that begin or continue a transaction, and so make nothing visible to others. */
const NO_VISIBLE_EFFECT = /^\s*(start\s+transaction|begin|rollback|savepoint|release|set|show)\b/i;
const COMMIT = /^\s*(commit|end)\b/i;

export const noPrimaryError = () =>
  new SeamError('unavailable', { message: 'no database server takes writes' });

type Query = (...args: unknown[]) => Promise<pg.QueryResult>;
type Callback = (error: Error | null, result: pg.QueryResult) => void;

/** A connection to the server that is the primary when it is opened. Records the position of each write. */
export class PrimaryClient extends pg.Client {
  /** The call that uses the connection, if it may write. */
  writingCall: CallContext | undefined;
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
    // TypeORM uses the form that returns a promise, pg's pool the form with a callback; pg declares ten more.
    this.query = ((...args: unknown[]) => this.#run(args)) as pg.Client['query'];
    // The primary was lost while a request waited for a connection.
    if (!url)
      this.connect = ((done: (error: Error) => void) =>
        process.nextTick(() => {
          this.emit('end');
          done(noPrimaryError());
        })) as pg.Client['connect'];
  }

  /** Called once, before the connection is used. @throws SeamError when the server is no longer the primary */
  async verify(): Promise<void> {
    const { rows } = await this.#query(PRIMARY_STATUS);
    const { standby, cluster, timeline } = rows[0] as { standby: boolean; cluster: string; timeline: number };
    if (standby || this.#route.isSuperseded(cluster, timeline)) {
      this.#route.markSuspect();
      throw new SeamError('unavailable', { message: `${this.address} is not the primary` });
    }
    this.#history = historyOf(cluster, timeline);
  }

  #run(args: unknown[]): Promise<pg.QueryResult> | undefined {
    const text = typeof args[0] === 'string' ? args[0] : (args[0] as { text?: string }).text;
    // Cursors and streams only read.
    if (text === undefined) return this.#query(...args);
    const call = this.writingCall;
    const done = typeof args.at(-1) === 'function' ? (args.pop() as Callback) : undefined;
    const needsPosition = call && this.#route.tracksPositions && this.#makesWritesVisible(text);
    const result = needsPosition ? this.#queryWithPosition(args, call) : this.#query(...args);
    const checked = result.catch((error: unknown) => this.#rejectReadOnly(error));
    if (!done) return checked;
    callbackify(() => checked)(done);
    return undefined;
  }

  /** Returns whether the statement may make writes visible: a commit, or a statement outside of a transaction. */
  #makesWritesVisible(text: string): boolean {
    if (COMMIT.test(text)) return true;
    const status = (this as unknown as { getTransactionStatus(): string | null }).getTransactionStatus();
    return status !== 'T' && status !== 'E' && !NO_VISIBLE_EFFECT.test(text);
  }

  /** Sends both queries before the first is answered, so that the second adds no round trip. */
  async #queryWithPosition(args: unknown[], call: CallContext): Promise<pg.QueryResult> {
    const [result, position] = await Promise.allSettled([
      this.#query(...args),
      this.#query(CURRENT_POSITION),
    ]);
    if (result.status === 'rejected') throw result.reason;
    // The write took place at an unknown position. That is like a connection that breaks before the answer arrives.
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
