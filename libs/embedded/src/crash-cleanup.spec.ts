import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { chown, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { connect, EmbeddedFolder, parentOf, query } from './embedded-folder.fixture.js';
import type { EmbeddedPostgres } from './index.js';
import { pollUntil } from './processes.js';

/** An app that says when its server is ready, and that does not end on Ctrl-C. */
const APP = `
  import { registerHooks } from 'node:module';
  registerHooks({ resolve: (name, context, next) => next(name.replace(/^(\\.\\/.*)\\.js$/, '$1.ts'), context) });
  process.on('SIGINT', () => console.log('SIGINT'));
  setInterval(() => undefined, 60_000);
  const { startEmbedded } = await import('${import.meta.resolve('./index.ts')}');
  console.log(JSON.stringify(await startEmbedded({ dir: process.argv[1] })));
`;

const apps: App[] = [];

interface App {
  process: ChildProcessByStdio<null, Readable, null>;
  line(): Promise<string>;
  kill9(): Promise<void>;
}

function startApp(dir: string): App {
  const app = spawn(process.execPath, ['--input-type=module', '--eval', APP, dir], {
    detached: true, // a process group of its own, as a shell gives to what it runs
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(app, 'exit');
  const lines = createInterface(app.stdout)[Symbol.asyncIterator]();
  apps.push({
    process: app,
    line: async () => (await lines.next()).value as string,
    kill9: async () => {
      app.kill('SIGKILL');
      await exited;
    },
  });
  return apps.at(-1)!;
}

const served = async (app: App) => JSON.parse(await app.line()) as EmbeddedPostgres;

describe('after a crash', () => {
  const folder = new EmbeddedFolder();
  afterEach(() => Promise.all(apps.splice(0).map((app) => app.kill9())));

  it('the server ends with an app that was killed, and every acknowledged write is there', async () => {
    const app = startApp(folder.dir);
    const { url } = await served(app);
    const client = await connect(url);
    await client.query('CREATE TABLE entry (n int)');
    let acknowledged = 0;
    const writing = (async () => {
      for (;;) {
        await client.query('INSERT INTO entry VALUES ($1)', [acknowledged + 1]);
        if (++acknowledged === 50) void app.kill9();
      }
    })();
    await expect(writing).rejects.toThrow(/terminat|not queryable/);
    expect(await folder.hasNoServer()).toBe(true);

    const again = await folder.start();
    const [entry] = await query(again.url, 'SELECT max(n) AS last, count(*)::int AS count FROM entry');
    expect(entry!['last']).toBe(entry!['count']);
    expect(entry!['count']).toBeGreaterThanOrEqual(acknowledged);
  });

  it('Ctrl-C reaches the app and not the server', async () => {
    const app = startApp(folder.dir);
    const { url } = await served(app);
    const open = await connect(url);
    process.kill(-app.process.pid!, 'SIGINT');
    expect(await app.line()).toBe('SIGINT');
    expect((await open.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await open.end();
  });

  it('the server is no descendant of the app, whose whole tree may be signalled; a start waits for its end', async () => {
    const app = startApp(folder.dir);
    await served(app);
    const ancestors = [await folder.postmaster()];
    while (ancestors.at(-1)! > 1) ancestors.push(await parentOf(ancestors.at(-1)!));
    expect(ancestors).not.toContain(app.process.pid);

    await app.kill9();
    const { url } = await folder.start();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('a start succeeds after app, supervisor and server were all killed, one backend still busy', async () => {
    const app = startApp(folder.dir);
    const { url } = await served(app);
    await query(url, 'CREATE TABLE kept ()');
    const client = await connect(url);
    const busy = client.query('SELECT count(*) FROM generate_series(1, 1000000000000)').catch(String);
    const isBusy = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%generate_series%'";
    const works = async () => (await query(url, `${isBusy} AND pid <> pg_backend_pid()`)).length === 1;
    expect(await pollUntil(works, 10_000)).toBe(true);

    const postmaster = await folder.postmaster();
    for (const pid of [await parentOf(postmaster), postmaster]) process.kill(pid, 'SIGKILL');
    await app.kill9();
    const again = await folder.start();
    expect(await query(again.url, 'SELECT * FROM kept')).toEqual([]);
    expect(await busy).toMatch(/terminat/);
  });

  it('the server ends with its supervisor, and the next start waits for it', async () => {
    const ended = Promise.withResolvers<string>();
    const first = await folder.start({ log: (line) => line.includes('ended') && ended.resolve(line) });
    await query(first.url, 'CREATE TABLE kept ()');
    process.kill(await parentOf(await folder.postmaster()), 'SIGKILL');
    expect(await ended.promise).toContain(join(folder.dir, 'postgres.log'));
    const again = await folder.start();
    expect(await query(again.url, 'SELECT * FROM kept')).toEqual([]);
    await first.stop();
    expect(await query(again.url, 'SELECT * FROM kept')).toEqual([]);
  });

  it('a pid file whose number another process now has does not stop a start', async () => {
    await (await folder.start()).stop();
    const data = join(folder.dir, 'postgres');
    const file = join(data, 'postmaster.pid');
    // A process of the same user, which is what PostgreSQL looks at.
    const { uid, gid } = await stat(data);
    const other = spawn('sleep', ['600'], { cwd: data, ...(process.getuid!() === 0 && { uid, gid }) });
    onTestFinished(() => void other.kill('SIGKILL'));
    await once(other, 'spawn');
    await writeFile(file, `${other.pid}\n${data}\n1\n5432\n\n127.0.0.1\n\nready   \n`, { mode: 0o600 });
    await chown(file, uid, gid);

    const again = await folder.start();
    expect(await query(again.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  });

  it('a cluster that was killed while it was being made is made anew', async () => {
    const app = startApp(folder.dir);
    const isUnfinished = async () => {
      const unfinishedPrefix = (await readdir(folder.dir)).find((name) => name.startsWith('postgres.tmp-'));
      return (
        unfinishedPrefix !== undefined && (await readdir(join(folder.dir, unfinishedPrefix))).includes('base')
      );
    };
    expect(await pollUntil(isUnfinished, 20_000, 5)).toBe(true);
    await app.kill9();
    expect(await readdir(folder.dir)).not.toContain('postgres');

    const { url } = await folder.start();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await readdir(folder.dir)).toEqual(['postgres', 'postgres.lock', 'postgres.log']);
  });
});
