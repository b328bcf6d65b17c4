import pg from 'pg';

/** Functions by which any role could fill the disk with objects outside the tables. Only a superuser can revoke them. */
const LARGE_OBJECTS = 'lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea)';

/**
 * Revokes from PUBLIC, in a database that holds nothing yet, what PostgreSQL grants to all roles and no module needs:
 * temporary tables, the schema `public`, large objects. In a database with other schemas or objects these rights may be
 * what another application relies on, so they stay. CONNECT always stays.
 */
export async function restrictPublic(owner: pg.Client, log: (line: string) => void): Promise<void> {
  const { rows } = await owner.query<{ database: string; schema: string | null; isSuperuser: boolean }>(
    `with own as (
       select oid, nspname from pg_namespace
        where nspname not like 'pg\\_%' and nspname not in ('information_schema', 'tearline')),
     object as (
       select 'pg_class'::regclass as class, oid, relnamespace as schema from pg_class where relkind in ('r', 'p', 'v', 'm', 'f')
       union all select 'pg_proc'::regclass, oid, pronamespace from pg_proc),
     used as (
       select nspname from own where nspname <> 'public'
       union all select nspname from own join object on schema = own.oid
        where not exists (select from pg_depend where classid = class and objid = object.oid and deptype = 'e'))
     select current_database() as database, (select min(nspname) from used) as schema,
            current_setting('is_superuser')::bool as "isSuperuser"`,
  );
  const { database, schema, isSuperuser } = rows[0]!;
  if (schema !== null) {
    log(`database '${database}' has a schema '${schema}': the rights of PUBLIC stay as they are`);
    return;
  }
  await owner.query(`revoke temporary on database ${pg.escapeIdentifier(database)} from public`);
  await owner.query('revoke all on schema public from public');
  if (isSuperuser) await owner.query(`revoke execute on function ${LARGE_OBJECTS} from public`);
}
