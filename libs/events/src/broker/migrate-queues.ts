import { DEFAULT_SCHEMA, LATEST_SCHEMA_VERSION, runMigrations } from 'bullmq';
import pg from 'pg';

const { escapeIdentifier: id } = pg;

/**
 * Creates the queues' schema, migrates BullMQ's tables and grants the queues' role its rights. One process at a time may
 * run it.
 * @param owner a connection of a role that may create schemas
 * @param log called when tables were created or changed
 * @returns how many migrations ran
 */
export async function migrateQueues(
  owner: pg.Client,
  role: string,
  log: (line: string) => void,
): Promise<number> {
  const before = await versionOf(owner);
  await runMigrations(owner);
  await shareSequence(owner);
  await grantRights(owner, role);
  if (before < LATEST_SCHEMA_VERSION) log(`queues: ${DEFAULT_SCHEMA} ${before} → ${LATEST_SCHEMA_VERSION}`);
  return Math.max(0, LATEST_SCHEMA_VERSION - before);
}

async function versionOf(owner: pg.Client): Promise<number> {
  const { rows } = await owner.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [
    `${DEFAULT_SCHEMA}.migration`,
  ]);
  if (!rows[0]!.exists) return 0;
  const { rows: versions } = await owner.query<{ version: number }>(
    `select coalesce(max(version), 0)::int as version from ${DEFAULT_SCHEMA}.migration`,
  );
  return versions[0]!.version;
}

/**
 * Gives all queues one sequence for the ids of jobs. BullMQ creates one for each queue, for which the queues' role would
 * have to create objects in the schema, and the owner, who migrates it, could run what they hold.
 */
async function shareSequence(owner: pg.Client): Promise<void> {
  await owner.query(
    `create or replace function ${DEFAULT_SCHEMA}.job_id_seq_name(p_queue text) returns text
       language sql immutable as $$ select 'job_seq' $$`,
  );
}

/** Grants rows and functions, and temporary tables, which BullMQ's bulk insert uses. */
async function grantRights(owner: pg.Client, role: string): Promise<void> {
  const schema = id(DEFAULT_SCHEMA);
  const { rows } = await owner.query<{ database: string }>('select current_database() as database');
  await owner.query(`grant temporary on database ${id(rows[0]!.database)} to ${id(role)}`);
  await owner.query(`revoke create on schema ${schema} from ${id(role)}`);
  await owner.query(`revoke all on schema ${schema} from public`);
  await owner.query(`grant usage on schema ${schema} to ${id(role)}`);
  await owner.query(`grant select, insert, update, delete on all tables in schema ${schema} to ${id(role)}`);
  await owner.query(`revoke insert, update, delete on table ${schema}.migration from ${id(role)}`);
  // By name: before 0.3.0 each queue had a sequence of the role, on which the owner may not grant.
  await owner.query(
    `grant usage, select, update on sequence ${schema}.job_seq, ${schema}.event_seq, ${schema}.relay_mid_seq to ${id(role)}`,
  );
  await owner.query(`grant execute on all functions in schema ${schema} to ${id(role)}`);
}
