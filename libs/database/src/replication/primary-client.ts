import { type CallContext, type Position, SeamError } from '@tearline/seam';
import pg from 'pg';
import { addressOf } from '../server-urls.js';
import { dataMovedError, isRefused, READ_ONLY_TRANSACTION } from '../server-errors.js';
import { socketOf } from './server-monitor.js';
import { CURRENT_LSN, formatLsn } from './position.js';

/** Locates the primary, and records the positions of reads and writes there. */
export interface PrimaryRoute {
  /** Returns the primary's URL; undefined while there is none. */
  url(): string | undefined;
  /** Returns whether a writable server was replaced by a promotion. */
  isSuperseded(cluster: string, timeline: number): boolean;
  /**
   * Returns the part that all positions on a server's timeline share, for as long as the data stays there; undefined when the
   * data is elsewhere.
   */
  historyOf(address: string | undefined, cluster: string, timeline: number): string | undefined;
  /** Of the place where the data is known to be. */
  readonly epoch: number;
  /** Called when a server refused a statement, or has a later epoch; returns whether the data is on another server now. */
  relocate(address: string | undefined): Promise<boolean>;
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
/** With the epoch of the data, if it is here. */
const CURRENT_POSITION = {
  name: 'tearline.position',
  text: `select (${CURRENT_LSN})::text as lsn, (select epoch from placement where away is null) as epoch`,
};
/** Statements that begin or continue a transaction, and so make nothing visible to others. */
const NO_VISIBLE_EFFECT = /^\s*(start\s+transaction|begin|rollback|savepoint|release|set|show)\b/i;
const COMMIT = /^\s*(commit|end)\b/i;
/** Not one to a savepoint. */
const ROLLBACK = /^\s*rollback\s*(work\s*|transaction\s*)?;?\s*$/i;
const BEGIN = /^\s*(start\s+transaction|begin)\b/i;

export const noPrimaryError = () =>
  new SeamError('unavailable', { message: 'no database server takes writes' });

type Query = (...args: unknown[]) => Promise<pg.QueryResult>;
type Callback = (error: Error | null, result: pg.QueryResult) => void;

/**
 * A connection to the server that is the primary when it is opened. Records the position of each write.
 *
 * When the data moves to another server, this one holds the first statement of each transaction back, and then refuses it.
 * The client repeats it, after the statements that began the transaction, on a connection to the other server, and passes
 * that one everything that follows. Later statements of a transaction are not refused: a move waits for transactions that
 * have used a table.
 */
export class PrimaryClient extends pg.Client {
  /** The call that uses the connection, if it may write. */
  writingCall: CallContext | undefined;
  readonly url: string | undefined;
  readonly address: string | undefined;
  #cluster = '';
  #timeline = 0;
  #history: string | undefined;
  #successor: PrimaryClient | undefined;
  /** Statements since the transaction began, while none of them has used a table; undefined afterwards. */
  #preamble: readonly string[] | undefined = [];
  readonly #config: pg.ClientConfig;
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
    this.url = url;
    this.address = url && addressOf(url);
    this.#config = config;
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
    this.#cluster = cluster;
    this.#timeline = timeline;
    this.#updateHistory();
  }

  /** After the data was elsewhere, the positions of the same server and timeline begin with another history. */
  #updateHistory(): void {
    this.#history = this.#route.historyOf(this.address, this.#cluster, this.#timeline) ?? this.#history;
  }

  /** Closes the connection that replaces this one, if there is one. */
  endSuccessor(): void {
    void this.#successor?.end().catch(() => undefined);
    this.#successor = undefined;
  }

  #run(args: unknown[]): Promise<pg.QueryResult> | undefined {
    const text = typeof args[0] === 'string' ? args[0] : (args[0] as { text?: string }).text;
    // Cursors and streams only read.
    if (text === undefined) return this.#query(...args);
    const done = typeof args.at(-1) === 'function' ? (args.pop() as Callback) : undefined;
    const result = this.#successor
      ? (this.#successor.query(...(args as [string])) as unknown as Promise<pg.QueryResult>)
      : this.#send(text, args);
    if (!done) return result;
    // In a tick of its own, so that what a callback throws rejects nothing here.
    result.then(
      (value) => process.nextTick(done, null, value),
      (error: Error) => process.nextTick(done, error),
    );
    return undefined;
  }

  async #send(text: string, args: unknown[]): Promise<pg.QueryResult> {
    const call = this.writingCall;
    const needsPosition = call && this.#route.tracksPositions && this.#makesWritesVisible(text);
    const preamble = this.#preamble;
    if (BEGIN.test(text)) this.#preamble = [text];
    else if (preamble === undefined || preamble.length > 0) this.#followTransaction(text);
    try {
      return await (needsPosition ? this.#queryWithPosition(args, call) : this.#query(...args));
    } catch (error) {
      this.#rejectReadOnly(error);
      if (!isRefused(error) || !(await this.#route.relocate(this.address))) throw error;
      if (!preamble) throw dataMovedError(error);
      this.#successor = await this.#openSuccessor(preamble);
      return await this.#successor.query(...(args as [string]));
    }
  }

  #followTransaction(text: string): void {
    if (COMMIT.test(text) || ROLLBACK.test(text)) this.#preamble = [];
    else
      this.#preamble = NO_VISIBLE_EFFECT.test(text) ? this.#preamble && [...this.#preamble, text] : undefined;
  }

  async #openSuccessor(preamble: readonly string[]): Promise<PrimaryClient> {
    const successor = new PrimaryClient(this.#config, this.#route);
    if (successor.url === undefined) throw noPrimaryError();
    successor.on('error', () => undefined);
    try {
      await successor.connect();
      await successor.verify();
      successor.writingCall = this.writingCall;
      for (const text of preamble) await successor.query(text);
      return successor;
    } catch (error) {
      void successor.end().catch(() => undefined);
      throw error;
    }
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
    const [row] = position.value.rows as { lsn: string; epoch: number | null }[];
    // The data was elsewhere, and is back; no statement of this process has met a refusal meanwhile.
    if ((row!.epoch ?? 0) > this.#route.epoch) await this.#route.relocate(undefined);
    this.#updateHistory();
    // Only a server that has the data makes a write visible.
    if (this.#history !== undefined) this.#route.recordWrite(call, `${this.#history}.${formatLsn(row!.lsn)}`);
    return result.value;
  }

  #rejectReadOnly(error: unknown): void {
    if ((error as { code?: unknown }).code !== READ_ONLY_TRANSACTION) return;
    socketOf(this).destroy();
    this.#route.markSuspect();
  }
}
