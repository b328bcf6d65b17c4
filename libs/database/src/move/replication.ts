import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { hostsOf } from '../server-urls.js';
import { movedTables } from './tables.js';
import type { Server } from './server.js';

const { escapeIdentifier: id, escapeLiteral: literal } = pg;
const MARK_POLL_INTERVAL_MS = 5;

/**
 * Rows that the tool inserts at the server with the data. When one has arrived at the other server, everything that was
 * committed before it has, too.
 */
const CREATE_MARKS = `
  create table if not exists tearline.move_marks (
    module text not null,
    id uuid not null default gen_random_uuid(),
    primary key (module, id)
  )`;

/** pg's types lack the timeout of one query. */
const arrival = (mark: string, timeoutMs: number): pg.QueryConfig & { query_timeout: number } => ({
  text: 'select from tearline.move_marks where id = $1',
  values: [mark],
  query_timeout: timeoutMs,
});

/** Logical replication of a module's tables from one server to the other. */
export class Replication {
  constructor(
    private readonly module: string,
    readonly from: Server,
    readonly to: Server,
  ) {}

  /** Of the publication, the subscription and the slot; a slot's name is unique on its server. */
  get #name(): string {
    const database = this.from.database
      .toLowerCase()
      .replaceAll(/[^a-z0-9_]/g, '_')
      .slice(0, 25);
    return `tearline_${database}_${this.module.replaceAll('-', '_')}`.slice(0, 63);
  }

  /** Starts it unless it runs. @param copies whether rows that are there are copied */
  async start(copies: boolean): Promise<void> {
    for (const { owner } of [this.from, this.to]) await owner.query(CREATE_MARKS);
    await this.#publish();
    if (await this.#isSubscribed()) return;
    await this.#dropSlot();
    await this.to.owner.query(
      `create subscription ${id(this.#name)} connection ${literal(connectionOf(this.from))}
       publication ${id(this.#name)} with (copy_data = ${copies}, origin = none)`,
    );
  }

  /** Ends it; what was not replicated is not any more. */
  async stop(): Promise<void> {
    if (await this.#isSubscribed()) {
      if (!(await this.#hasSlot())) {
        await this.to.owner.query(`alter subscription ${id(this.#name)} disable`);
        await this.to.owner.query(`alter subscription ${id(this.#name)} set (slot_name = none)`);
      }
      await this.to.owner.query(`drop subscription ${id(this.#name)}`);
    }
    await this.#dropSlot();
  }

  async unpublish(): Promise<void> {
    await this.from.owner.query(`drop publication if exists ${id(this.#name)}`);
  }

  async isRunning(): Promise<boolean> {
    return (await this.#isSubscribed()) && (await this.#hasSlot());
  }

  /** Returns whether the source has lost what the target still needs, as in a failover. */
  async isBroken(): Promise<boolean> {
    return (await this.#isSubscribed()) && !(await this.#hasSlot());
  }

  /** Returns the tables that are being copied, with the rows and bytes that have arrived, and those that are complete. */
  async copied(): Promise<{ complete: string[]; rows: number; bytes: number }> {
    const { rows } = await this.to.owner.query<{ name: string; state: string; rows: string; bytes: string }>(
      `select format('%I.%I', nspname, relname) as name, srsubstate as state,
              coalesce(tuples_processed, 0)::text as rows, coalesce(bytes_processed, 0)::text as bytes
         from pg_subscription_rel r join pg_subscription s on s.oid = srsubid
         join pg_class c on c.oid = srrelid join pg_namespace n on n.oid = relnamespace
         left join pg_stat_progress_copy p on p.relid = srrelid
        where subname = $1`,
      [this.#name],
    );
    const copying = rows.filter(({ state }) => state !== 'r' && state !== 's');
    const sum = (values: readonly string[]) => values.reduce((total, value) => total + Number(value), 0);
    return {
      complete: rows.filter(({ state }) => state === 'r').map(({ name }) => name),
      rows: sum(copying.map((row) => row.rows)),
      bytes: sum(copying.map((row) => row.bytes)),
    };
  }

  /** Returns how many attempts to copy or to apply have failed since the subscription was created. */
  async failures(): Promise<number> {
    const { rows } = await this.to.owner.query<{ failures: string }>(
      `select (apply_error_count + sync_error_count)::text as failures from pg_stat_subscription_stats
        where subname = $1`,
      [this.#name],
    );
    return Number(rows[0]?.failures ?? 0);
  }

  /** Returns bytes of WAL that the other server has not confirmed yet. */
  async behindBytes(): Promise<number> {
    const { rows } = await this.from.owner.query<{ bytes: string }>(
      `select pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::text as bytes
         from pg_replication_slots where slot_name = $1`,
      [this.#name],
    );
    return Number(rows[0]?.bytes ?? 0);
  }

  /** Resolves with the milliseconds after which everything that is committed now has arrived; undefined when it takes longer. */
  async catchUp(timeoutMs: number): Promise<number | undefined> {
    const began = performance.now();
    const { rows } = await this.from.owner.query<{ id: string }>(
      'insert into tearline.move_marks (module) values ($1) returning id',
      [this.module],
    );
    const mark = rows[0]!.id;
    try {
      for (;;) {
        // A server that hangs must not hold the caller's locks.
        const { rowCount } = await this.to.owner.query(arrival(mark, timeoutMs));
        if (rowCount) return performance.now() - began;
        if (performance.now() - began > timeoutMs) return undefined;
        await sleep(MARK_POLL_INTERVAL_MS);
      }
    } finally {
      await this.from.owner
        .query('delete from tearline.move_marks where id = $1', [mark])
        .catch(() => undefined);
    }
  }

  async #publish(): Promise<void> {
    const { rowCount } = await this.from.owner.query('select from pg_publication where pubname = $1', [
      this.#name,
    ]);
    if (rowCount) return;
    const tables = (await movedTables(this.from, this.module)).map(({ name }) => name);
    await this.from.owner.query(
      `create publication ${id(this.#name)} for table ${tables.join()},
       tearline.move_marks where (module = ${literal(this.module)})`,
    );
  }

  async #isSubscribed(): Promise<boolean> {
    const { rowCount } = await this.to.owner.query(
      `select from pg_subscription where subname = $1
          and subdbid = (select oid from pg_database where datname = current_database())`,
      [this.#name],
    );
    return Boolean(rowCount);
  }

  async #hasSlot(): Promise<boolean> {
    const { rowCount } = await this.from.owner.query(
      'select from pg_replication_slots where slot_name = $1',
      [this.#name],
    );
    return Boolean(rowCount);
  }

  /** Drops the slot when its connection has ended. */
  async #dropSlot(): Promise<void> {
    const { owner } = this.from;
    for (let attempt = 1; ; attempt += 1) {
      const { rows } = await owner.query<{ active: boolean; pid: number | null }>(
        'select active, active_pid as pid from pg_replication_slots where slot_name = $1',
        [this.#name],
      );
      if (rows.length === 0) return;
      if (!rows[0]!.active) {
        await owner.query('select pg_drop_replication_slot($1)', [this.#name]);
        return;
      }
      if (attempt > 100)
        throw new Error(
          `the replication slot '${this.#name}' at ${this.from.address} is in use (pid ${rows[0]!.pid})`,
        );
      await sleep(100);
    }
  }
}

/** Returns what the other server logs in with: the owner's URL, for the primary among its servers. */
export function connectionOf({ urlOfAll }: Server, more: Readonly<Record<string, string>> = {}): string {
  const [servers, query] = urlOfAll.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.delete('options');
  parameters.set('application_name', 'tearline move');
  for (const [name, value] of Object.entries(more)) parameters.set(name, value);
  if (hostsOf(urlOfAll).includes(',')) parameters.set('target_session_attrs', 'read-write');
  return `${servers}?${parameters.toString().replaceAll('+', '%20')}`;
}
