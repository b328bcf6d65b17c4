import { DEFAULT_SCHEMA, LATEST_SCHEMA_VERSION, runMigrations } from 'bullmq';
import pg from 'pg';

const { escapeIdentifier: id, escapeLiteral: literal } = pg;
/** The same number as for modules' migrations: one process at a time creates roles. */
const ADVISORY_LOCK = 7_365_627;

/**
 * Makes the queues' schema and the role that works in it, with the password that its URL names; brings BullMQ's tables
 * up to date. Any number of processes may do it at once.
 * @param ownerUrl a role that may create schemas and roles
 * @param queuesUrl the same database, logged in as the queues' role, e.g. `postgres://tearline_queues:…@…`
 * @param log told when tables were created or changed
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
    const role = await makeRole(owner, queuesUrl);
    const before = await versionOf(owner);
    await runMigrations(owner);
    await grantRights(owner, role);
    if (before < LATEST_SCHEMA_VERSION) log(`queues: ${DEFAULT_SCHEMA} ${before} → ${LATEST_SCHEMA_VERSION}`);
    return Math.max(0, LATEST_SCHEMA_VERSION - before);
  } finally {
    await owner.end();
  }
}

async function makeRole(owner: pg.Client, queuesUrl: string): Promise<string> {
  const { username, password } = new URL(queuesUrl);
  if (!username || !password) throw new Error("the queues' database URL needs a role and a password");
  const role = decodeURIComponent(username);
  const { rows } = await owner.query<{ itself: boolean; database: string }>(
    'select current_user = $1 as itself, current_database() as database',
    [role],
  );
  if (rows[0]!.itself) throw new Error(`queues must not log in as the owner, '${role}'`);
  const { rows: known } = await owner.query<{ powerful: boolean }>(
    'select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls as powerful from pg_roles where rolname = $1',
    [role],
  );
  if (known[0]?.powerful)
    throw new Error(`queues must not log in as '${role}', which may do more than read and write`);
  if (!known[0]) await owner.query(`create role ${id(role)} login noinherit`);
  await owner.query(`alter role ${id(role)} with login password ${literal(decodeURIComponent(password))}`);
  await owner.query(`grant connect on database ${id(rows[0]!.database)} to ${id(role)}`);
  return role;
}

async function versionOf(owner: pg.Client): Promise<number> {
  const { rows } = await owner.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    `${DEFAULT_SCHEMA}.migration`,
  ]);
  if (!rows[0]!.there) return 0;
  const { rows: versions } = await owner.query<{ version: number }>(
    `select coalesce(max(version), 0)::int as version from ${DEFAULT_SCHEMA}.migration`,
  );
  return versions[0]!.version;
}

/**
 * Rows and functions, and to create in this schema alone: BullMQ adds several jobs at once by way of a temporary table,
 * and makes a sequence for each queue first, whether the jobs bring their own ids or not.
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
  // By name: the role owns those of its queues, which the owner of the rest may not be allowed to grant.
  await owner.query(
    `grant usage, select, update on sequence ${schema}.job_seq, ${schema}.event_seq, ${schema}.relay_mid_seq to ${id(role)}`,
  );
  await owner.query(`grant execute on all functions in schema ${schema} to ${id(role)}`);
}
