import { moduleNames as schemas } from '@tearline/modules';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allEnd, outcomesOf, type TestDatabase, TestServer } from '../support/database.js';
import { query } from '../support/postgres.js';

interface Table {
  schema: string;
  /** With its schema. */
  name: string;
  columns: string[];
  sequences: string[];
}

const INSUFFICIENT_PRIVILEGE = '42501';
const UNDEFINED_TABLE = '42P01';
/** BullMQ's. */
const QUEUES = 'bullmq';

const server = new TestServer();
let database: TestDatabase;
let tables: Table[];
let roles: string[];

beforeAll(async () => {
  await server.start();
  database = await server.newDatabase();
  await database.migrate();
  await database.migrateQueues();
  tables = await query<Table>(
    database.ownerUrl,
    `select n.nspname as schema, n.nspname || '.' || relname as name,
            array_agg(quote_ident(attname) order by attnum) as columns,
            array_remove(array_agg(pg_get_serial_sequence(n.nspname || '.' || relname, attname)), null) as sequences
       from pg_class c join pg_namespace n on n.oid = relnamespace join pg_attribute on attrelid = c.oid
      where relkind in ('r', 'p') and attnum > 0 and not attisdropped
        and nspname not like 'pg\\_%' and nspname <> 'information_schema'
      group by 1, 2`,
  );
  const found = await query<{ name: string }>(database.ownerUrl, 'select rolname as name from pg_roles');
  roles = found.map(({ name }) => name);
});

afterAll(() => server.stop());

const history = (schema: string) => `${schema}.migrations`;
/** The identity of the deployment, the modules' keys and the place of the data, which only the owner writes. */
const isReadOnly = ({ schema, name }: Table) =>
  [`${schema}.deployment`, `${schema}.module_keys`, `${schema}.placement`].includes(name);
const write = ({ name, columns }: Table) => [
  `insert into ${name} (${columns[0]!}) select null where false`,
  `update ${name} set ${columns.map((column) => `${column} = ${column}`).join(', ')} where false`,
  `delete from ${name} where false`,
];

it('every table belongs to a module, or to the queues', () => {
  expect(new Set(tables.map(({ schema }) => schema))).toEqual(new Set([...schemas, QUEUES]));
});

describe.each(schemas)('the role of %s', (schema) => {
  const role = () => new URL(database.urls[schema]!).username;
  const end = (statements: string[]) => outcomesOf(database.urls[schema]!, statements);
  const own = () => tables.filter((table) => table.schema === schema && table.name !== history(schema));
  const foreign = () => tables.filter((table) => table.schema !== schema);

  it('reads and writes the rows of its own tables', async () => {
    const readOnly = own().filter((table) => isReadOnly(table));
    const statements = own().flatMap((table) => [
      `select * from ${table.name}`,
      ...(readOnly.includes(table) ? [] : write(table)),
      ...table.sequences.map((sequence) => `select nextval('${sequence}')`),
    ]);
    expect(statements).not.toEqual([]);
    expect(await end(statements)).toEqual(allEnd(statements, 'ok'));
    expect(readOnly).toHaveLength(3);
    const writes = readOnly.flatMap(write);
    expect(await end(writes)).toEqual(allEnd(writes, INSUFFICIENT_PRIVILEGE));
  });

  it('finds its own tables without naming the schema, and only those', async () => {
    const bare = (table: Table) => `select from ${table.name.slice(table.schema.length + 1)}`;
    const mine = own().map(bare);
    const others = foreign()
      .map(bare)
      .filter((sql) => !mine.includes(sql) && sql !== bare({ name: history(schema), schema } as Table));
    expect(await end([...mine, ...others])).toEqual({
      ...allEnd(mine, 'ok'),
      ...allEnd(others, UNDEFINED_TABLE),
    });
  });

  it('neither reads nor writes a row of another module, or of the queues', async () => {
    const statements = foreign().flatMap((table) => [
      `select from ${table.name}`,
      `insert into ${table.name} default values`,
      ...write(table),
      `truncate ${table.name}`,
      `lock table ${table.name} in access share mode`,
      ...table.sequences.map((sequence) => `select nextval('${sequence}')`),
    ]);
    expect(new Set(foreign().map((table) => table.schema))).toEqual(
      new Set([...schemas, QUEUES]).difference(new Set([schema])),
    );
    expect(await end(statements)).toEqual(allEnd(statements, INSUFFICIENT_PRIVILEGE));
  });

  it('has no grant outside its schema, nor has PUBLIC', async () => {
    const granted = await query(
      database.ownerUrl,
      `select nspname as schema, relname as relation, privilege_type as right
         from pg_namespace n left join pg_class c on relnamespace = n.oid
              cross join lateral (
                select * from aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
                union all select * from aclexplode(relacl)
              ) acl
        where nspname not like 'pg\\_%' and nspname not in ('information_schema', $2)
          and grantee in (0, $1::regrole)`,
      [role(), schema],
    );
    expect(granted).toEqual([]);
  });

  it('changes no structure: not in its schema, not in public, not beside them', async () => {
    const statements = [
      `create table ${schema}.mine (id int)`,
      `create view ${schema}.mine as select 1 as one`,
      `create function ${schema}.mine() returns int language sql return 1`,
      'create table public.mine (id int)',
      'create temporary table mine (id int)',
      'create schema mine',
      'create role mine',
      'select lo_create(0)',
      'select lo_creat(0)',
      "select lo_from_bytea(0, 'mine')",
      'lock table tearline.migration_lock in access share mode',
      `alter schema ${schema} rename to mine`,
      `drop schema ${schema} cascade`,
      ...own().flatMap(({ name, columns }) => [
        `alter table ${name} add column mine int`,
        `create index on ${name} (${columns[0]!})`,
        `truncate ${name}`,
        `drop table ${name} cascade`,
      ]),
    ];
    expect(await end(statements)).toEqual(allEnd(statements, INSUFFICIENT_PRIVILEGE));
  });

  it('connects to no other database of the server', async () => {
    for (const pathname of ['postgres', 'template1']) {
      const url = Object.assign(new URL(database.urls[schema]!), { pathname }).href;
      await expect(query(url, 'select 1')).rejects.toMatchObject({ code: INSUFFICIENT_PRIVILEGE });
    }
  });

  it('does not see the history of its migrations', async () => {
    const table = tables.find(({ name }) => name === history(schema))!;
    const statements = [`select from ${table.name}`, ...write(table)];
    expect(await end(statements)).toEqual(allEnd(statements, INSUFFICIENT_PRIVILEGE));
  });

  it('has no power over the server, is a member of nothing and owns nothing', async () => {
    const [found] = await query(
      database.ownerUrl,
      `select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolcanlogin,
              (select count(*)::int from pg_auth_members where member = r.oid) as memberships,
              (select count(*)::int from pg_shdepend where refobjid = r.oid and deptype = 'o') as possessions
         from pg_roles r where rolname = $1`,
      [role()],
    );
    expect(found).toEqual({
      rolsuper: false,
      rolcreatedb: false,
      rolcreaterole: false,
      rolreplication: false,
      rolbypassrls: false,
      rolcanlogin: true,
      memberships: 0,
      possessions: 0,
    });
  });

  it('cannot set another role', async () => {
    const others = roles.filter((other) => other !== role());
    expect(others).toContain(new URL(database.ownerUrl).username);
    const statements = others.flatMap((other) => [`set role ${other}`, `set session authorization ${other}`]);
    expect(await end(statements)).toEqual(allEnd(statements, INSUFFICIENT_PRIVILEGE));
  });
});

describe('the role of the queues', () => {
  const role = () => new URL(database.queuesUrl).username;
  const end = (statements: string[]) => outcomesOf(database.queuesUrl, statements);
  const own = () => tables.filter(({ schema, name }) => schema === QUEUES && name !== `${QUEUES}.migration`);
  const foreign = () => tables.filter(({ schema }) => schema !== QUEUES);

  it('reads and writes the rows of the queues', async () => {
    const statements = own().flatMap((table) => [`select * from ${table.name}`, ...write(table)]);
    expect(statements).not.toEqual([]);
    expect(await end(statements)).toEqual(allEnd(statements, 'ok'));
  });

  it('neither reads nor writes a row of any module, nor calls its functions', async () => {
    const statements = [
      ...foreign().flatMap((table) => [`select from ${table.name}`, ...write(table)]),
      ...schemas.map((schema) => `select ${schema}.append_event(null, null, null, null, null, null)`),
    ];
    expect(new Set(foreign().map(({ schema }) => schema))).toEqual(new Set(schemas));
    expect(await end(statements)).toEqual(allEnd(statements, INSUFFICIENT_PRIVILEGE));
  });

  it('changes no structure, and cannot set another role', async () => {
    const statements = [
      ...schemas.map((schema) => `create table ${schema}.mine (id int)`),
      'create table public.mine (id int)',
      'create schema mine',
      'create role mine',
      'select lo_create(0)',
      'lock table tearline.migration_lock in access share mode',
      `create table ${QUEUES}.mine (id int)`,
      `create sequence ${QUEUES}.mine`,
      `create function ${QUEUES}.mine() returns int language sql return 1`,
      `drop schema ${QUEUES} cascade`,
      ...own().flatMap(({ name }) => [
        `alter table ${name} add column mine int`,
        `drop table ${name} cascade`,
      ]),
      ...roles.filter((other) => other !== role()).map((other) => `set role ${other}`),
    ];
    expect(await end(statements)).toEqual(allEnd(statements, INSUFFICIENT_PRIVILEGE));
  });
});
