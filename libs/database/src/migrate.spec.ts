import { readFile } from 'node:fs/promises';
import type { EmbeddedPostgres } from '@tearline/embedded';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query, startPostgres } from '../../../test/support/postgres.js';
import { databaseUrls, migrate, type ModuleData } from './index.js';

const notes: ModuleData = { schema: 'notes', migrations: async () => [] };

let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startPostgres({ settings: { log_statement: 'all', log_min_error_statement: 'error' } });
});
afterAll(() => server.stop());

/** The URL of a role of the server, in a database. */
const urlOf = (database: string, role: string, password = 'p') =>
  `postgres://${role}:${password}@127.0.0.1:${server.port}/${database}`;

/** Creates a database, of a new owner where one is named; returns its owner's URL. */
async function newDatabase(name: string, owner?: string): Promise<string> {
  if (owner) await server.server.execute(`create role ${owner} login createrole password 'p'`);
  await server.server.execute(`create database ${name} owner ${owner ?? 'tearline_owner'}`);
  return owner ? urlOf(name, owner) : Object.assign(new URL(server.url), { pathname: name }).href;
}

async function migrateNotes(ownerUrl: string, url = databaseUrls(['notes'], {}, ownerUrl)['notes']!) {
  const lines: string[] = [];
  await migrate(ownerUrl, [{ data: notes, url }], (line) => lines.push(line));
  return { url, lines };
}

const logsIn = (url: string) => query(url, 'select current_schema as schema');
const codeOf = (url: string, sql: string) =>
  query(url, sql).then(
    () => 'ok',
    (error: pg.DatabaseError) => error.code,
  );

describe('two databases of one server', () => {
  it.each([
    ['one owner', undefined],
    ['two owners', 'second_owner'],
  ])('of %s have roles of their own', async (_, owner) => {
    const names = owner ? ['one_1', 'one_2'] : ['two_1', 'two_2'];
    const first = await newDatabase(names[0]!);
    const second = await newDatabase(names[1]!, owner);
    const { url } = await migrateNotes(first);
    const { url: other } = await migrateNotes(second);
    await migrateNotes(first);
    expect([url, other].map((each) => new URL(each).username)).toEqual(names.map((name) => `${name}_notes`));
    for (const each of [url, other]) expect(await logsIn(each)).toEqual([{ schema: 'notes' }]);
    const crossed = Object.assign(new URL(url), { pathname: names[1]! }).href;
    expect(await codeOf(crossed, 'select from notes.idempotency_keys')).toBe('42501');
  });

  it('do not share a role: the second one is refused, and the password of the first stays', async () => {
    const first = await newDatabase('shared_1');
    const second = await newDatabase('shared_2');
    const { url } = await migrateNotes(first, urlOf('shared_1', 'notes_role', 'first'));
    await expect(migrateNotes(second, urlOf('shared_2', 'notes_role', 'second'))).rejects.toThrow(
      "NOTES_DATABASE_URL: the role 'notes_role' is in use in the database 'shared_1' of this server",
    );
    expect(await logsIn(url)).toEqual([{ schema: 'notes' }]);
  });

  it('names the roles of an earlier release that still have rights', async () => {
    const owner = await newDatabase('earlier');
    await migrateNotes(owner, urlOf('earlier', 'tearline_notes'));
    const { url, lines } = await migrateNotes(owner);
    expect(new URL(url).username).toBe('earlier_notes');
    expect(lines).toEqual([expect.stringMatching(/roles of an earlier release .*: tearline_notes; docs/)]);
    for (const statement of [
      'grant tearline_notes to current_user',
      'drop owned by tearline_notes',
      'alter role tearline_notes in database earlier reset all',
      'drop role tearline_notes',
    ])
      await query(owner, statement);
    expect((await migrateNotes(owner)).lines).toEqual([]);
    expect(await logsIn(url)).toEqual([{ schema: 'notes' }]);
  });
});

describe('a database of another application', () => {
  const byPublic = ['create temporary table mine (id int)', 'select from public.orders'];

  it('keeps the rights of PUBLIC', async () => {
    const owner = await newDatabase('shop');
    await server.server.execute("create role shopper login password 'p'");
    await query(owner, 'create table public.orders (id int)');
    await query(owner, 'grant select on public.orders to shopper');
    const { lines } = await migrateNotes(owner);
    expect(lines).toContain("database 'shop' has a schema 'public': the rights of PUBLIC stay as they are");
    for (const sql of byPublic)
      expect([sql, await codeOf(urlOf('shop', 'shopper'), sql)]).toEqual([sql, 'ok']);
    expect((await migrateNotes(owner)).lines).toEqual([]);
  });

  it('creates no large objects where the owner is a superuser', async () => {
    await server.server.execute(
      "create role admin login superuser password 'p'",
      'create database administered owner admin',
    );
    const owner = urlOf('administered', 'admin');
    await query(owner, 'grant execute on function lo_create(oid) to public');
    const { url } = await migrateNotes(owner);
    expect(await codeOf(url, 'select lo_create(0)')).toBe('42501');
  });

  it('keeps a schema that is called as a module is', async () => {
    const owner = await newDatabase('diary');
    await query(owner, 'create schema notes');
    await query(owner, 'create table notes.pages (id int)');
    await expect(migrateNotes(owner)).rejects.toThrow(
      "the schema 'notes' in database 'diary' belongs to another application",
    );
    expect(await query(owner, "select from pg_roles where rolname = 'diary_notes'")).toEqual([]);
  });

  it('differs from an empty one, where PUBLIC keeps CONNECT alone', async () => {
    const owner = await newDatabase('empty');
    await server.server.execute("create role guest login password 'p'");
    const { url } = await migrateNotes(owner);
    for (const each of [url, urlOf('empty', 'guest')]) {
      expect(await codeOf(each, 'select 1')).toBe('ok');
      expect(await codeOf(each, 'create temporary table mine (id int)')).toBe('42501');
      expect(await codeOf(each, 'create table public.mine (id int)')).toBe('42501');
    }
  });
});

it('a module cannot block a migration', async () => {
  const owner = await newDatabase('blocked');
  const { url } = await migrateNotes(owner);
  expect(await codeOf(url, 'begin; lock table tearline.migration_lock in access share mode')).toBe('42501');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('select pg_advisory_lock(7365627)');
  await migrateNotes(owner);
  await client.end();
});

it('a password that a module has set itself lasts until the next migration', async () => {
  const owner = await newDatabase('locked_out');
  const { url } = await migrateNotes(owner);
  await query(url, "alter role current_user password 'mine'");
  expect(await codeOf(url, 'select 1')).toBe('28P01');
  await migrateNotes(owner);
  expect(await codeOf(url, 'select 1')).toBe('ok');
});

it('sends no password: the log of the server never shows one, also when the statement fails', async () => {
  const password = 'pa$$-\u00A0pässword\u00AD';
  const owner = await newDatabase('secrets');
  const { url } = await migrateNotes(owner, urlOf('secrets', 'secret_notes', encodeURIComponent(password)));
  expect(await logsIn(url)).toEqual([{ schema: 'notes' }]);
  await server.server.execute("create role someone login password 'x'");
  const foreign = urlOf('secrets', 'someone', encodeURIComponent(password));
  await expect(migrateNotes(owner, foreign)).rejects.toThrow(
    /^NOTES_DATABASE_URL: the owner .* may not create or change the role 'someone'/,
  );
  const log = await readFile(server.server.options.paths.log, 'utf8');
  expect(log).toMatch(/STATEMENT: {2}alter role "someone" login password 'SCRAM-SHA-256\$4096:/);
  expect(log).not.toContain('pässword');
  expect(log).not.toContain(new URL(databaseUrls(['notes'], {}, owner)['notes']!).password);
});
