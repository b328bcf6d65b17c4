import { migrate, type MigrationTarget } from '@tearline/database';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, TestServer } from '../support/database.js';
import { query } from '../support/postgres.js';

const server = new TestServer();
let database: TestDatabase;
/** Every migration there is, as `<module>: <migration>`. */
let every: string[];

beforeAll(async () => {
  await server.start();
  database = await server.newDatabase();
  every = await database.migrate();
});

afterAll(() => server.stop());

const count = async ({ ownerUrl, targets }: TestDatabase) => {
  const counts = targets.map(({ data: { schema } }) => `select name from ${schema}.migrations`);
  return (await query(ownerUrl, counts.join(' union all '))).length;
};

describe('migrate', () => {
  it('runs every migration of every module', async () => {
    const names = database.targets.map(async ({ data: { schema, migrations } }) =>
      (await migrations()).map(({ name }) => `${schema}: ${name}`),
    );
    expect(every).toEqual(expect.arrayContaining((await Promise.all(names)).flat()));
    expect(await count(database)).toBe(every.length);
  });

  it('finds nothing left to do the second time', async () => {
    expect(await database.migrate()).toEqual([]);
    expect(await count(database)).toBe(every.length);
  });

  it('runs each migration once when several start at once', async () => {
    const fresh = await server.newDatabase();
    const ran = await Promise.all([fresh.migrate(), fresh.migrate(), fresh.migrate()]);
    expect(ran.flat().toSorted()).toEqual(every.toSorted());
  });

  it('lets no module log in as the owner', async () => {
    const fresh = await server.newDatabase();
    const asOwner = fresh.targets.map((target): MigrationTarget => ({ ...target, url: fresh.ownerUrl }));
    await expect(migrate(fresh.ownerUrl, asOwner)).rejects.toThrow(
      /_DATABASE_URL: expected a role other than the owner/,
    );
  });
});

describe('the migrations', () => {
  it('can all be undone and done again, one by one', async () => {
    const [fresh, bare] = [await server.newDatabase(), await server.newDatabase()];
    const without = bare.targets.map(({ data, url }) => ({
      data: { ...data, migrations: async () => [] },
      url,
    }));
    await migrate(bare.ownerUrl, without);
    await fresh.migrate();
    const whole = await structureOf(fresh);

    for (const target of fresh.targets) await undoAll(fresh.ownerUrl, target);
    expect(await structureOf(fresh)).toEqual(await structureOf(bare));
    expect(await count(fresh)).toBe(await count(bare));

    const again = await fresh.migrate();
    expect(again.length).toBe(every.length - (await count(bare)));
    expect(await structureOf(fresh)).toEqual(whole);
  });
});

async function undoAll(url: string, { data: { schema, migrations } }: MigrationTarget): Promise<void> {
  const all = [...(await migrations())];
  const source = new DataSource({
    type: 'postgres',
    url,
    schema,
    migrations: all,
    migrationsTableName: 'migrations',
  });
  await source.initialize();
  try {
    for (const _ of all) await source.undoLastMigration({ transaction: 'each' });
  } finally {
    await source.destroy();
  }
}

/** What the modules' schemas hold: columns, indexes, constraints, triggers, functions, types. */
async function structureOf({ ownerUrl, urls }: TestDatabase): Promise<Record<string, string>> {
  const rows = await query<{ name: string; definition: string }>(
    ownerUrl,
    `with found as (select oid, nspname from pg_namespace where nspname = any($1)),
          relations as (select c.*, nspname || '.' || relname as name from pg_class c join found on found.oid = relnamespace)
     select 'column ' || name || '.' || attname as name,
            concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
                      pg_get_expr(adbin, adrelid)) as definition
       from relations r join pg_attribute a on attrelid = r.oid left join pg_attrdef on adrelid = r.oid and adnum = attnum
      where attnum > 0 and not attisdropped
     union all select 'index ' || name, pg_get_indexdef(oid) from relations where relkind in ('i', 'I')
     union all select 'options ' || name, reloptions::text from relations where reloptions is not null
     union all select 'constraint ' || r.name || '.' || conname, pg_get_constraintdef(c.oid)
       from relations r join pg_constraint c on conrelid = r.oid
     union all select 'trigger ' || r.name || '.' || tgname, pg_get_triggerdef(t.oid)
       from relations r join pg_trigger t on tgrelid = r.oid where not tgisinternal
     union all select 'function ' || p.oid::regprocedure, prosrc from pg_proc p join found on found.oid = pronamespace
     union all select 'type ' || t.oid::regtype, typtype::text from pg_type t join found on found.oid = typnamespace
      where typtype in ('d', 'e', 'r')`,
    [Object.keys(urls)],
  );
  return Object.fromEntries(rows.map(({ name, definition }) => [name, definition]));
}
