import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DEPLOYMENT_TABLES } from '../deployment/deployment-tables.js';
import { PLACEMENT_TABLE } from '../placement/placements.js';
import { isLockTimeout } from '../server-errors.js';
import type { Server } from './server.js';

/** Tables with what is true of one server only. */
const OF_ONE_SERVER = ['migrations', 'timelines', PLACEMENT_TABLE, ...DEPLOYMENT_TABLES];

/** A table whose rows move. */
export interface MovedTable {
  /** Quoted, with its schema. */
  readonly name: string;
  readonly bytes: number;
  /** An estimate, as of the last `analyze`. */
  readonly rows: number;
}

/** Returns the tables of a module whose rows move, in the order of their names. */
export async function movedTables({ owner }: Server, schema: string): Promise<MovedTable[]> {
  const { rows } = await owner.query<{ name: string; bytes: string; rows: string }>(
    `select format('%I.%I', nspname, relname) as name, pg_table_size(c.oid)::text as bytes,
            greatest(0, reltuples)::bigint::text as rows
       from pg_class c join pg_namespace n on n.oid = relnamespace
      where nspname = $1 and relkind in ('r', 'p') and relname <> all ($2) order by relname`,
    [schema, OF_ONE_SERVER],
  );
  return rows.map(({ name, bytes, rows: count }) => ({ name, bytes: Number(bytes), rows: Number(count) }));
}

const LOCK_TIMEOUT_MS = 400;
const LOCK_INTERVAL_MS = 500;
const MAX_LOCK_ATTEMPTS = 100;

/**
 * Makes replication find the rows of tables without a primary key by all of their columns, or ends that. It locks each table for
 * a moment, as a migration does.
 */
export async function identifyByAllColumns({ owner }: Server, schema: string, isOn: boolean): Promise<void> {
  const { rows } = await owner.query<{ name: string }>(
    `select format('%I.%I', nspname, relname) as name from pg_class c join pg_namespace n on n.oid = relnamespace
      where nspname = $1 and relkind in ('r', 'p') and relname <> all ($2) and relreplident = $3
        and not exists (select from pg_index where indrelid = c.oid and indisprimary)`,
    [schema, OF_ONE_SERVER, isOn ? 'd' : 'f'],
  );
  await owner.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
  for (const { name } of rows)
    for (let attempt = 1; ; attempt += 1)
      try {
        await owner.query(`alter table ${name} replica identity ${isOn ? 'full' : 'default'}`);
        break;
      } catch (error) {
        if (!isLockTimeout(error) || attempt === MAX_LOCK_ATTEMPTS) throw error;
        await sleep(LOCK_INTERVAL_MS);
      }
  await owner.query('reset lock_timeout');
}

/** Gives the sequences of a module at `to` the values that they have at `from`. */
export async function copySequences(from: Server, to: Server, schema: string): Promise<void> {
  const { rows } = await from.owner.query<{ name: string; value: string }>(
    `select format('%I.%I', schemaname, sequencename) as name, last_value::text as value
       from pg_sequences where schemaname = $1 and last_value is not null`,
    [schema],
  );
  await to.owner.query(
    'select setval(name::regclass, value::bigint) from unnest($1::text[], $2::text[]) as sequence (name, value)',
    [rows.map(({ name }) => name), rows.map(({ value }) => value)],
  );
}

/** Drops what a module's schema holds, but for the tables that running hosts read: of its timelines, and of its placement. */
export async function emptySchema({ owner }: Server, schema: string): Promise<void> {
  const { rows } = await owner.query<{ drop: string }>(
    `select format('drop %s if exists %s cascade', kind, name) as drop from (
       select 1 as step, case relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as kind,
              format('%I.%I', $1::text, relname) as name
         from pg_class where relnamespace = to_regnamespace($1) and relkind in ('r', 'p', 'v', 'm')
          and relname <> all ('{timelines,migrations,placement}')
       union all select 2, 'routine', oid::regprocedure::text from pg_proc where pronamespace = to_regnamespace($1)
       -- Those that belong to a table go with it, or stay with it.
       union all select 3, 'sequence', format('%I.%I', $1::text, relname)
         from pg_class c where relnamespace = to_regnamespace($1) and relkind = 'S'
          and not exists (select from pg_depend
                           where classid = 'pg_class'::regclass and objid = c.oid and deptype in ('a', 'i'))
       union all select 4, 'type', format('%I.%I', $1::text, typname)
         from pg_type where typnamespace = to_regnamespace($1) and typtype in ('e', 'd', 'r')
     ) as object order by step`,
    [schema],
  );
  await owner.query('begin');
  try {
    for (const { drop } of rows) await owner.query(drop);
    // Only what made the tables that stay has run.
    const { rowCount } = await owner.query('select from pg_class where oid = to_regclass($1)', [
      `${schema}.migrations`,
    ]);
    if (rowCount)
      await owner.query(
        `delete from ${pg.escapeIdentifier(schema)}.migrations where name !~ '^Create(Timelines|Placement)'`,
      );
    await owner.query('commit');
  } catch (error) {
    await owner.query('rollback');
    throw error;
  }
}
