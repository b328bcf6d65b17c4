import { readFile, writeFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { query } from '../../../../test/support/postgres.js';
import { migrate } from '../migrate.js';
import type { DataMoveOptions, MoveStep } from './data-move.js';
import { ConsistencySessions } from '../sessions/consistency-sessions.js';
import { NOTES, type SampleHost, SECRET } from '../replication/sample-hosts.fixture.js';
import { Load, MovingNotes } from './moving-notes.fixture.js';

/** A busy machine takes long for the many connections and processes of a move. */
vi.setConfig({ testTimeout: 180_000 });

const moving = new MovingNotes();
beforeAll(() => moving.start());
beforeEach(() => moving.newDatabase());
afterEach(() => moving.servers.closeHosts());
afterAll(() => moving.stop());

const sorted = (texts: readonly string[]) => [...texts].sort();

describe('the data of a module that is used', () => {
  it.each([
    ['with a cache', true],
    ['without', false],
  ])('moves to another server and back, %s: requests wait and do not fail', async (_, isCached) => {
    const settings = { replicas: { notes: [] }, isCached };
    const hosts = [await moving.servers.host(settings), await moving.servers.host(settings)];
    const load = new Load(hosts);
    load.start();
    await load.more(20);
    await moving.withMove((move) => move.move());
    await load.more(20);
    expect(await hosts[0]!.notes.servingPort()).toBe(moving.target.port);
    await moving.withMove((move) => move.back());
    await load.more(20);
    expect(await hosts[0]!.notes.servingPort()).toBe(moving.source.port);
    await moving.withMove((move) => move.move());
    await load.more(20);
    await moving.withMove((move) => move.finish());
    await load.more(20);
    await load.stop();
    expect(load.wrong).toEqual([]);
    expect(await moving.notesAt(moving.target)).toEqual(sorted(load.written));
    await expect(moving.notesAt(moving.source)).rejects.toThrow('does not exist');
  });

  it('returns with abort, leaves nothing at the target, and may move there again', async () => {
    const host = await moving.servers.host({ replicas: { notes: [] } });
    const load = new Load([host]);
    load.start();
    await load.more(5);
    await moving.withMove((move) => move.move());
    await load.more(5);
    await moving.withMove((move) => move.abort());
    await load.more(5);
    await load.stop();
    expect(load.wrong).toEqual([]);
    expect(await moving.notesAt(moving.source)).toEqual(sorted(load.written));
    for (const { url } of [moving.source, moving.target]) {
      expect(
        await query(url, 'select slot_name from pg_replication_slots where database = current_database()'),
      ).toEqual([]);
      expect(await query(url, 'select pubname from pg_publication')).toEqual([]);
      expect(
        await query(
          url,
          'select subname from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())',
        ),
      ).toEqual([]);
    }
    await expect(moving.notesAt(moving.target)).rejects.toThrow('does not exist');
    await moving.withMove((move) => move.move());
    expect(await moving.notesAt(moving.target)).toEqual(sorted(load.written));
  });
});

/** Ends a command before a step, with its connections, as a kill does. */
const endingBefore = (step: MoveStep): Partial<DataMoveOptions> => ({
  onStep: (reached) => {
    if (reached === step) throw new Error(`ended before ${step}`);
  },
});

it('a command that ends before any step goes on from there, on the way out and back', async () => {
  const host = await moving.servers.host({ replicas: { notes: [] } });
  const load = new Load([host]);
  load.start();
  const cutover: MoveStep[] = ['follow', 'lock', 'arrive', 'commit', 'settle'];
  for (const [action, steps] of [
    ['move', ['prepare', 'copy', ...cutover]],
    ['back', cutover],
    ['abort', ['remove']],
  ] as const) {
    for (const step of steps) {
      const ended = moving.withMove<unknown>((move) => move[action](), endingBefore(step));
      await expect(ended).rejects.toThrow(`ended before ${step}`);
      await load.more(2);
    }
    await moving.withMove<unknown>((move) => move[action]());
    await load.more(2);
  }
  await load.stop();
  expect(load.wrong).toEqual([]);
  expect(await moving.notesAt(moving.source)).toEqual(sorted(load.written));
});

it.each(['source', 'target'] as const)('the %s may crash before the commit of a cutover', async (victim) => {
  const host = await moving.servers.host({ replicas: { notes: [] } });
  await host.repository.save({ text: 'before' });
  const { server } = moving[victim];
  const crash: Partial<DataMoveOptions> = {
    onStep: (step) => {
      if (step === 'arrive') process.kill(server.pid, 'SIGKILL');
    },
  };
  await expect(moving.withMove((move) => move.move(), crash)).rejects.toBeInstanceOf(Error);
  await server.exited;
  await server.start();
  await expect
    .poll(() => host.repository.save({ text: 'between' }).then(() => 'saved', String), { timeout: 20_000 })
    .toBe('saved');
  await moving.withMove((move) => move.move());
  await host.repository.save({ text: 'after' });
  expect(await moving.notesAt(moving.target)).toEqual(['after', 'before', 'between']);
});

it('statements that are refused for another reason do not keep those of a move from being repeated', async () => {
  const host = await moving.servers.host({ replicas: { notes: [] } });
  const load = new Load([host]);
  const over = new AbortController();
  const refused = (async () => {
    let count = 0;
    for (; !over.signal.aborted; count += 1)
      await expect(host.repository.query('select from tearline.migration_lock')).rejects.toThrow(
        'permission denied',
      );
    return count;
  })();
  load.start();
  await load.more(10);
  await moving.withMove((move) => move.move());
  await load.more(10);
  await moving.withMove((move) => move.back());
  await load.more(10);
  await load.stop();
  over.abort();
  expect(await refused).toBeGreaterThan(2);
  expect(load.wrong).toEqual([]);
});

/** Positions of writes are kept for the cache. */
const CACHED = { replicas: { notes: [] }, isCached: true };

/** Returns the part that the positions of a host's writes share: of the cluster, the moves and the timeline. */
async function historyOf(host: SampleHost): Promise<string> {
  const sessions = new ConsistencySessions({ secret: SECRET, maxLag: 0 });
  const jar: { token?: string } = {};
  await host.request(() => host.repository.save({ text: 'anything' }), { jar });
  const position = sessions.readToken(jar.token!)!.get('notes')!;
  return position.slice(0, position.lastIndexOf('.'));
}

it('a connection that was open when the data left gives its positions anew when the data is back', async () => {
  const host = await moving.servers.host(CACHED);
  /** Keeps a connection until the function that it returns is called. */
  const keepConnection = async () => {
    const gate = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    const work = host.notes.transactions.run('keep', {}, async (manager) => {
      await manager.query('select 1');
      taken.resolve();
      await gate.promise;
    });
    await taken.promise;
    return () => {
      gate.resolve();
      return work;
    };
  };
  const releaseOld = await keepConnection();
  await moving.withMove((move) => move.move());
  await host.repository.save({ text: 'there' });
  const releaseNew = await keepConnection();
  await releaseOld();
  await releaseNew();
  await moving.withMove((move) => move.back());
  await host.repository.save({ text: 'finds the data here again' });
  const started = await moving.servers.host(CACHED);
  expect(await historyOf(host)).toBe(await historyOf(started));
});

it('a host that was idle until the data was back gives positions of the time after the moves', async () => {
  const idle = await moving.servers.host(CACHED);
  await idle.repository.save({ text: 'before' });
  await moving.withMove((move) => move.move());
  await moving.withMove((move) => move.back());
  const started = await moving.servers.host(CACHED);
  expect(await historyOf(idle)).toBe(await historyOf(started));
});

it('a host that starts before its server gives positions of the time after the moves', async () => {
  await moving.withMove((move) => move.move());
  await moving.withMove((move) => move.back());
  await moving.withMove((move) => move.finish());
  const before = await historyOf(await moving.servers.host(CACHED));
  const { server } = moving.source;
  await server.stop();
  // A host gives up after five seconds, which a server may take to start on a busy machine.
  const starting = moving.servers.host(CACHED).catch(() => undefined);
  await server.start();
  expect(await historyOf((await starting) ?? (await moving.servers.host(CACHED)))).toBe(before);
});

it('a host that was idle during a whole move finds the data', async () => {
  const host = await moving.servers.host({ replicas: { notes: [] } });
  await host.repository.save({ text: 'before' });
  expect(await host.notes.texts()).toEqual(['before']);
  await moving.withMove((move) => move.move());
  await moving.withMove((move) => move.finish());
  await host.repository.save({ text: 'after' });
  expect(await host.notes.texts()).toEqual(['before', 'after']);
});

it('a host that starts with the old URL finds the data', async () => {
  await moving.withMove((move) => move.move());
  await moving.withMove((move) => move.finish());
  const host = await moving.servers.host({ replicas: { notes: [] } });
  await host.repository.save({ text: 'after' });
  expect(await moving.notesAt(moving.target)).toEqual(['after']);
});

it('migrate leaves what has moved alone, and migrates it where it is', async () => {
  await moving.withMove((move) => move.move());
  const lines: string[] = [];
  const targets = [{ data: NOTES, url: moving.servers.url }];
  await migrate(moving.source.url, targets, (line) => lines.push(line));
  expect(lines).toEqual([expect.stringContaining('notes: its data is at')]);
  const other = { data: { schema: 'others', migrations: async () => [] }, url: moving.servers.url };
  expect(await migrate(moving.target.url, [...targets, other])).toBe(0);
  await expect(query(moving.target.url, 'select from others.migrations')).rejects.toThrow('does not exist');
});

it('names every obstacle at once, and changes nothing', async () => {
  const role = new URL(moving.servers.url).username;
  await query(moving.target.url, 'create schema notes create table anything ()');
  await query(moving.source.url, 'create unlogged table notes.drafts (id integer primary key)');
  await moving.execute(
    moving.target,
    'alter role tearline_owner noreplication nocreaterole',
    `create role ${role} createdb`,
  );
  onTestFinished(() =>
    moving.execute(moving.target, 'alter role tearline_owner replication createrole', `drop role ${role}`),
  );
  await query(
    moving.source.url,
    `insert into notes.placement (epoch, lineage, peer) values (0, '1', 'postgres://127.0.0.1:1/elsewhere')`,
  );
  const subscribing = [1, 2, 3].map(
    (number) =>
      `create subscription other_${number} connection 'host=127.0.0.1 port=1' publication other with (connect = false)`,
  );
  await moving.execute(moving.target, ...subscribing);
  await moving.execute(
    moving.target,
    ...[1, 2, 3].map((number) => `alter subscription other_${number} enable`),
  );
  const inPython = new pg.Client({
    connectionString: moving.servers.url,
    application_name: 'tearline notes in python',
  });
  await inPython.connect();
  const { obstacles } = await moving.withMove((move) => move.plan());
  await inPython.end();
  expect(obstacles).toEqual([
    expect.stringContaining('is being moved to postgres://127.0.0.1:1/elsewhere'),
    expect.stringContaining('free logical replication workers, expected 2: finish other moves'),
    expect.stringContaining('may not replicate: alter role'),
    expect.stringContaining('may not create roles: alter role'),
    expect.stringContaining('notes.drafts is unlogged'),
    expect.stringContaining("has a schema 'notes' with tables in it"),
    expect.stringContaining('expected a role without SUPERUSER'),
    expect.stringContaining("a host does not follow a move: 'tearline notes in python' has 1 connections"),
  ]);
  await expect(moving.withMove((move) => move.move())).rejects.toThrow('cannot be moved');
  expect(await query(moving.source.url, 'select from pg_publication')).toEqual([]);
});

it.each(['source', 'target'] as const)('says when the other server cannot log in at the %s', async (at) => {
  const { server, url } = moving[at];
  const file = `${server.options.paths.data}/pg_hba.conf`;
  const rules = await readFile(file, 'utf8');
  const apply = async (text: string, then: 'open' | 'closed') => {
    await writeFile(file, text);
    await moving.execute(moving[at], 'select pg_reload_conf()');
    const login = () =>
      query(url, 'select').then(
        () => 'open',
        () => 'closed',
      );
    await expect.poll(login, { timeout: 20_000 }).toBe(then);
  };
  onTestFinished(() => apply(rules, 'open'));
  await moving.withMove(async (move) => {
    // The connections of the command stay, as with a firewall between the servers.
    await apply(`host all tearline_owner 127.0.0.1/32 reject\n${rules}`, 'closed');
    const { obstacles } = await move.plan();
    expect(obstacles).toEqual([expect.stringContaining(`cannot connect to 127.0.0.1:${server.port}`)]);
  });
});

it.each(['source', 'target'] as const)('a finish that ends while it writes to the %s goes on', async (at) => {
  await moving.withMove((move) => move.move());
  await query(
    moving[at].url,
    `create function tearline.refuse() returns trigger language plpgsql as $$ begin raise 'ended'; end $$;
     create trigger refuse before insert or update on notes.placement execute function tearline.refuse()`,
  );
  await expect(moving.withMove((move) => move.finish())).rejects.toThrow('ended');
  await query(moving[at].url, 'drop trigger refuse on notes.placement');
  await moving.withMove((move) => move.finish());
  for (const { url } of [moving.source, moving.target])
    expect(await query(url, 'select peer from notes.placement')).toEqual([{ peer: null }]);
});

it('keys do not change during a move', async () => {
  await moving.withMove((move) => move.move());
  const targets = [{ data: NOTES, url: moving.servers.url }];
  for (const { url } of [moving.source, moving.target])
    for (const deployment of ['new-keys', 'new'] as const)
      await expect(migrate(url, targets, undefined, { deployment })).rejects.toThrow(
        "the data of 'notes' is being moved, and the other server would keep the former keys",
      );
  await moving.withMove((move) => move.finish());
  await migrate(moving.target.url, targets, undefined, { deployment: 'new-keys' });
});

it('two commands do not work at one move', async () => {
  const other = new pg.Client({ connectionString: moving.target.url });
  await other.connect();
  await other.query(`select pg_advisory_lock(hashtext('tearline data'), hashtext('notes'))`);
  await expect(moving.withMove((move) => move.move())).rejects.toThrow('another process works at a move');
  await other.end();
  await moving.withMove((move) => move.move());
});
