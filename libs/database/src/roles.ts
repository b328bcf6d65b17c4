import pg from 'pg';
import { DEPLOYMENT_TABLES } from './deployment/deployment-tables.js';
import { PLACEMENT_TABLE } from './placement/placements.js';
import { scramVerifier } from './scram.js';
import { firstServer } from './server-urls.js';
import { databaseUrlVariable } from './settings.js';

const { escapeIdentifier: id, escapeLiteral: literal } = pg;
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Creates the role with the name and password of a URL, or sets the password of an existing one. The role may connect to this
 * database and has no other right.
 * @param name whose role it is: a module, or `queues`
 * @returns the name of the role
 * @throws Error when the role is the owner's, privileged, or used in another database of the server
 */
export async function createRole(owner: pg.Client, name: string, url: string): Promise<string> {
  const variable = databaseUrlVariable(name);
  const { username, password } = firstServer(url);
  if (!username || !password) throw new Error(`${variable}: expected a URL with a role and a password`);
  const role = decodeURIComponent(username);
  await assertMayBeUsed(owner, variable, role);
  // In one transaction: its settings in this database mark a role as this database's.
  await owner.query('begin');
  try {
    const { rowCount: isKnown } = await owner.query('select from pg_roles where rolname = $1', [role]);
    if (!isKnown) await owner.query(`create role ${id(role)} noinherit`);
    const verifier = scramVerifier(decodeURIComponent(password));
    await owner.query(`alter role ${id(role)} login password ${literal(verifier)}`);
    const database = id(await databaseName(owner));
    await owner.query(`alter role ${id(role)} in database ${database} set timezone = 'UTC'`);
    await owner.query(`grant connect on database ${database} to ${id(role)}`);
    await owner.query('commit');
  } catch (error) {
    await owner.query('rollback');
    const { code, message } = error as pg.DatabaseError;
    if (code !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new Error(
      `${variable}: the owner of the database may not create or change the role '${role}' (${message}); give it ` +
        'CREATEROLE, or name another role',
      { cause: error },
    );
  }
  return role;
}

/** Refuses a schema of another application, to whose tables a module's role would get rights. */
export async function assertNoForeignSchema(owner: pg.Client, schemas: readonly string[]): Promise<void> {
  const { rows } = await owner.query<{ schema: string; database: string }>(
    `select nspname as schema, current_database() as database from pg_namespace n
      where nspname = any($1) and exists (select from pg_class where relnamespace = n.oid)
        and not exists (select from pg_class where relnamespace = n.oid and relname = 'migrations')`,
    [schemas],
  );
  const { schema, database } = rows[0] ?? {};
  if (schema)
    throw new Error(
      `the schema '${schema}' in database '${database}' belongs to another application: it has tables, and no ` +
        `'${schema}.migrations'. Use another database.`,
    );
}

/** Creates a module's schema, and its role, which finds the tables there without naming the schema. */
export async function createSchemaAndRole(owner: pg.Client, schema: string, url: string): Promise<string> {
  const role = await createRole(owner, schema, url);
  await owner.query(`create schema if not exists ${id(schema)}`);
  const database = id(await databaseName(owner));
  await owner.query(`alter role ${id(role)} in database ${database} set search_path = ${id(schema)}`);
  return role;
}

/** Grants a module's role access to the rows of its schema: no DDL, no other schema, no table of migrations. */
export async function grantPrivileges(owner: pg.Client, schema: string, role: string): Promise<void> {
  const [to, name] = [id(role), id(schema)];
  await owner.query(`grant usage on schema ${name} to ${to}`);
  await owner.query(`grant select, insert, update, delete on all tables in schema ${name} to ${to}`);
  await owner.query(`grant usage, select, update on all sequences in schema ${name} to ${to}`);
  await owner.query(`revoke all on table ${name}.migrations from ${to}`);
  await owner.query(`revoke insert, update, delete on ${readOnlyTables(schema)} from ${to}`);
}

/**
 * Takes a module's role its access to the rows of its schema. What remains tells hosts which timeline and deployment the
 * server belongs to, and where the data is.
 */
export async function revokePrivileges(owner: pg.Client, schema: string, role: string): Promise<void> {
  const [from, name] = [id(role), id(schema)];
  await owner.query(`revoke all on all tables in schema ${name} from ${from}`);
  await owner.query(`revoke all on all sequences in schema ${name} from ${from}`);
  await owner.query(`grant select, insert on ${name}.timelines to ${from}`);
  await owner.query(`grant select on ${readOnlyTables(schema)} to ${from}`);
}

const readOnlyTables = (schema: string) =>
  [...DEPLOYMENT_TABLES, PLACEMENT_TABLE].map((table) => `${id(schema)}.${table}`).join();

/** Logs which roles `tearline_<module>`, as they were called before 0.3.0, still have rights in another database. */
export async function noteFormerRoles(
  owner: pg.Client,
  schemas: readonly string[],
  roles: readonly string[],
  log: (line: string) => void,
): Promise<void> {
  const former = schemas.map((schema) => `tearline_${schema.replaceAll('-', '_')}`);
  const { rows } = await owner.query<{ role: string }>(
    `select rolname as role from pg_roles r join pg_db_role_setting on setrole = r.oid
       join pg_database d on d.oid = setdatabase
      where rolname = any($1) and datname = current_database() order by 1`,
    [former.filter((role) => !roles.includes(role))],
  );
  if (rows.length === 0) return;
  log(
    `roles of an earlier release still have rights in this database: ${rows.map(({ role }) => role).join(', ')}; ` +
      'docs/guide/data.md#two-databases-on-one-server removes them',
  );
}

/**
 * Refuses a role whose change would lock others out, or that has more privileges than a module may have.
 * @param variable whose value names the role
 */
export async function assertMayBeUsed(owner: pg.Client, variable: string, role: string): Promise<void> {
  const { rows } = await owner.query<{ isOwner: boolean; isPrivileged: boolean; elsewhere: string | null }>(
    `select rolname = current_user as "isOwner",
            rolsuper or rolcreaterole or rolcreatedb or rolbypassrls as "isPrivileged",
            (select min(datname) from pg_database d
              where datname <> current_database()
                and (exists (select from pg_db_role_setting where setrole = r.oid and setdatabase = d.oid)
                     or exists (select from pg_shdepend
                                 where refclassid = 'pg_authid'::regclass and refobjid = r.oid and dbid = d.oid))) as elsewhere
       from pg_roles r where rolname = $1`,
    [role],
  );
  const { isOwner, isPrivileged, elsewhere } = rows[0] ?? {};
  if (isOwner) throw new Error(`${variable}: expected a role other than the owner, got '${role}'`);
  if (isPrivileged)
    throw new Error(
      `${variable}: expected a role without SUPERUSER, CREATEROLE, CREATEDB and BYPASSRLS, got '${role}'`,
    );
  if (elsewhere)
    throw new Error(
      `${variable}: the role '${role}' is in use in the database '${elsewhere}' of this server, where a new password ` +
        'would lock it out. Name another role; docs/guide/data.md#two-databases-on-one-server has more.',
    );
}

async function databaseName(owner: pg.Client): Promise<string> {
  const { rows } = await owner.query<{ name: string }>('select current_database() as name');
  return rows[0]!.name;
}
