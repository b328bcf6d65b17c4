import { DEFAULT_SCHEMA, LATEST_SCHEMA_VERSION, runMigrations } from 'bullmq';
import pg from 'pg';

const { escapeIdentifier: id, escapeLiteral: literal } = pg;
/** The number that the modules' migrations use, too: one process at a time creates roles. */
const ADVISORY_LOCK = 7_365_627;

/**
 * Creates the queues' schema and the role in `queuesUrl`, with its password, and migrates BullMQ's tables. Safe to run
 * in several processes at once.
 * @param ownerUrl a role that may create schemas and roles
 * @param queuesUrl the same database with the queues' role, e.g. `postgres://tearline_queues:…@…`
 * @param log called when tables were created or changed
 * @returns how many migrations ran
 */
export async function migrateQueues(
  ownerUrl: string,
  queuesUrl: string,
  log: (line: string) => void = () => undefined,
): Promise<number> {
  const owner = new pg.Client({ connectionString: ownerUrl, application_name: 'tearline migrate' });
  await owner.connect();
  try {
    await owner.query('select pg_advisory_lock($1)', [ADVISORY_LOCK]);
    const role = await createRole(owner, queuesUrl);
    const before = await versionOf(owner);
    await runMigrations(owner);
    await grantRights(owner, role);
    if (before < LATEST_SCHEMA_VERSION) log(`queues: ${DEFAULT_SCHEMA} ${before} → ${LATEST_SCHEMA_VERSION}`);
    return Math.max(0, LATEST_SCHEMA_VERSION - before);
  } finally {
    await owner.end();
  }
}

async function createRole(owner: pg.Client, queuesUrl: string): Promise<string> {
  const { username, password } = new URL(queuesUrl);
  if (!username || !password) throw new Error('QUEUES_DATABASE_URL: expected a role and a password');
  const role = decodeURIComponent(username);
  const { rows } = await owner.query<{ isOwner: boolean; database: string }>(
    'select current_user = $1 as "isOwner", current_database() as database',
    [role],
  );
  if (rows[0]!.isOwner)
    throw new Error(`QUEUES_DATABASE_URL: expected a role other than the owner, got '${role}'`);
  const { rows: known } = await owner.query<{ privileged: boolean }>(
    'select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls as privileged from pg_roles where rolname = $1',
    [role],
  );
  if (known[0]?.privileged)
    throw new Error(`QUEUES_DATABASE_URL: expected a role without special privileges, got '${role}'`);
  if (!known[0]) await owner.query(`create role ${id(role)} login noinherit`);
  await owner.query(`alter role ${id(role)} with login password ${literal(decodeURIComponent(password))}`);
  await owner.query(`grant connect on database ${id(rows[0]!.database)} to ${id(role)}`);
  return role;
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
 * Grants rows, functions, and CREATE in this schema: BullMQ's bulk insert uses a temporary table and creates a sequence for
 * each queue.
 */
async function grantRights(owner: pg.Client, role: string): Promise<void> {
  const schema = id(DEFAULT_SCHEMA);
  const { rows } = await owner.query<{ database: string }>('select current_database() as database');
  await owner.query(`grant temporary on database ${id(rows[0]!.database)} to ${id(role)}`);
  await owner.query(`grant create on schema ${schema} to ${id(role)}`);
  await owner.query(`revoke all on schema ${schema} from public`);
  await owner.query(`grant usage on schema ${schema} to ${id(role)}`);
  await owner.query(`grant select, insert, update, delete on all tables in schema ${schema} to ${id(role)}`);
  await owner.query(`revoke insert, update, delete on table ${schema}.migration from ${id(role)}`);
  // By name: the queues' sequences belong to the role, and the owner may not be allowed to grant on them.
  await owner.query(
    `grant usage, select, update on sequence ${schema}.job_seq, ${schema}.event_seq, ${schema}.relay_mid_seq to ${id(role)}`,
  );
  await owner.query(`grant execute on all functions in schema ${schema} to ${id(role)}`);
}
