import { moduleData } from '@tearline/modules';
import type { QueryRunner } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { longLocks } from './migration-statements.js';

/** Migrations from before the rule. A released migration is not edited. */
const EARLIER = ['articles: TagsByAuthor1768000000000', 'identity: CanonicalNames1770000000000'];

/** What each migration runs, as `<module>: <migration>`. */
async function statementsByMigration(): Promise<[string, string[]][]> {
  const modules = moduleData.map(async ({ schema, migrations }) =>
    Promise.all(
      (await migrations()).map(async (Migration): Promise<[string, string[]]> => {
        const sql: string[] = [];
        const recorder = { query: async (text: string) => (sql.push(text), []) };
        await new Migration().up(recorder as unknown as QueryRunner);
        return [`${schema}: ${Migration.name}`, sql];
      }),
    ),
  );
  return (await Promise.all(modules)).flat();
}

describe('migrations', () => {
  it('neither rewrite a table nor lock one for long', async () => {
    const all = await statementsByMigration();
    expect(all.length).toBeGreaterThan(8);
    const found = all
      .map(([name, sql]) => ({ name, locks: longLocks(sql) }))
      .filter(({ locks }) => locks.length);
    expect(found.filter(({ name }) => !EARLIER.includes(name))).toEqual([]);
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(EARLIER));
  });

  it.each([
    'create index i on shop.items (id)',
    'create unique index if not exists i on shop.items (lower(name))',
    'CREATE INDEX ON "shop"."items" USING gin (tags)',
    'alter table shop.items add column at timestamptz default clock_timestamp()',
    'alter table shop.items add id uuid not null default gen_random_uuid()',
    'alter table shop.items add column id bigserial',
    'alter table shop.items add column id bigint generated always as identity',
    'alter table shop.items add column total int generated always as (price * 2) stored',
    'alter table shop.items add column name text unique',
    'alter table shop.items add column owner int references shop.owners (id)',
    'alter table shop.items add column price int check (price > 0)',
    'alter table shop.items add note text, alter column price type bigint using price::bigint',
    'alter table shop.items alter price set data type numeric(10, 2)',
    'alter table shop.items alter column price set not null',
    'alter table shop.items add constraint positive check (price > 0)',
    'alter table shop.items add foreign key (owner) references shop.owners (id)',
    'alter table only shop.items add constraint items_name unique (name)',
    'alter table shop.items add primary key (id)',
    'alter table shop.items set unlogged',
    'select 1; -- comment\n cluster shop.items',
    'vacuum full shop.items',
    'reindex table shop.items',
    'lock table shop.items in share mode',
    'update shop.items set price = 1',
    'delete from shop.items',
  ])('are refused with: %s', (sql) => {
    expect(longLocks([sql]).map(({ table }) => table)).toEqual(['shop.items']);
    // On a table that the migration itself creates, which is empty, it is fine.
    expect(longLocks(['create table shop.items (id int)', sql])).toEqual([]);
  });

  it.each([
    'alter table shop.items add column note text',
    "alter table shop.items add column state text not null default 'new; cluster shop.items'",
    'alter table shop.items add column at timestamptz not null default now()',
    'alter table shop.items add column tags text[], drop column note',
    'create index concurrently i on shop.items (id)',
    'alter table shop.items add constraint positive check (price > 0) not valid',
    'alter table shop.items add foreign key (owner) references shop.owners (id) not valid',
    'alter table shop.items validate constraint positive',
    'alter table shop.items add constraint items_name unique using index items_name',
    'alter table shop.items alter column note drop not null, alter column note set default 1',
    'alter table shop.items set (fillfactor = 70)',
    'update shop.items set price = 1 where id = any($1)',
    'create function shop.f() returns void language sql as $$ lock table shop.items $$',
    'drop table shop.items',
    '-- lock: the check has been validated\nalter table shop.items alter price set not null',
  ])('may contain: %s', (sql) => expect(longLocks([sql])).toEqual([]));
});
