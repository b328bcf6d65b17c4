import pg from 'pg';
import { firstServer } from './server-urls.js';

const { escapeIdentifier: id, escapeLiteral: literal } = pg;
const DUPLICATE_OBJECT = '42710';
/** Raised instead of duplicate_object when another process creates the same role concurrently. */
const UNIQUE_VIOLATION = '23505';

/** Creates a module's schema, and the role with the name and password of its URL. */
export async function createSchemaAndRole(owner: pg.Client, schema: string, url: string): Promise<void> {
  const { role, password } = credentials(url, schema);
  const { rows } = await owner.query<{ owner: string; database: string }>(
    'select current_user as owner, current_database() as database',
  );
  const { owner: ownerRole, database } = rows[0]!;
  if (role === ownerRole) throw new Error(`module '${schema}' must not log in as the owner, '${role}'`);

  try {
    await owner.query(`create role ${id(role)} login noinherit`);
  } catch (error) {
    if (![DUPLICATE_OBJECT, UNIQUE_VIOLATION].includes((error as pg.DatabaseError).code!)) throw error;
  }
  await assertUnprivileged(owner, role, schema);
  await alterRoleWithRetry(owner, `alter role ${id(role)} with login password ${literal(password)}`);
  await owner.query(`create schema if not exists ${id(schema)}`);
  await owner.query(`alter role ${id(role)} in database ${id(database)} set search_path = ${id(schema)}`);
  await owner.query(`alter role ${id(role)} in database ${id(database)} set timezone = 'UTC'`);
  // PostgreSQL grants these to PUBLIC by default; here each module's role gets its own grant.
  await owner.query(`revoke all on database ${id(database)} from public`);
  await owner.query('revoke all on schema public from public');
  await owner.query(`grant connect on database ${id(database)} to ${id(role)}`);
}

/** Retries when the migration of another database on the server alters the same role concurrently. */
async function alterRoleWithRetry(owner: pg.Client, sql: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await owner.query(sql);
      return;
    } catch (error) {
      if (attempt === 10 || !/concurrently updated/.test((error as Error).message)) throw error;
    }
  }
}

/** Refuses an existing role with more privileges than a module may have. */
async function assertUnprivileged(owner: pg.Client, role: string, schema: string): Promise<void> {
  const { rowCount } = await owner.query(
    'select from pg_roles where rolname = $1 and (rolsuper or rolcreaterole or rolcreatedb or rolbypassrls)',
    [role],
  );
  if (rowCount)
    throw new Error(
      `module '${schema}' must not log in as '${role}', which has SUPERUSER, CREATEROLE, CREATEDB or BYPASSRLS`,
    );
}

/** Grants a module's role access to the rows of its schema: no DDL, no other schema, no table of migrations. */
export async function grantPrivileges(owner: pg.Client, schema: string, url: string): Promise<void> {
  const role = id(credentials(url, schema).role);
  const name = id(schema);
  await owner.query(`grant usage on schema ${name} to ${role}`);
  await owner.query(`grant select, insert, update, delete on all tables in schema ${name} to ${role}`);
  await owner.query(`grant usage, select, update on all sequences in schema ${name} to ${role}`);
  await owner.query(`revoke all on table ${name}.migrations from ${role}`);
}

function credentials(url: string, schema: string): { role: string; password: string } {
  const { username, password } = firstServer(url);
  if (!username || !password)
    throw new Error(`the database URL of module '${schema}' needs a role and a password`);
  return { role: decodeURIComponent(username), password: decodeURIComponent(password) };
}
