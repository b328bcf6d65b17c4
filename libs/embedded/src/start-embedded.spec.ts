import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, EmbeddedFolder, query } from './embedded-folder.fixture.js';
import { embeddedUrl, resetEmbedded, type EmbeddedPostgres } from './index.js';

describe('a running server', () => {
  const folder = new EmbeddedFolder(beforeAll, afterAll);
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    server = await folder.start();
  });

  it('is a PostgreSQL 17, and its owner is not a superuser', async () => {
    const [version] = await query(server.url, 'SHOW server_version');
    expect(version).toEqual({ server_version: expect.stringMatching(/^17\./) });
    const [role] = await query(
      server.url,
      'SELECT rolname, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user',
    );
    expect(role).toEqual({ rolname: 'tearline_owner', rolsuper: false, rolcreaterole: true });
  });

  it('requires the password, which only its user can read', async () => {
    for (const username of ['tearline_owner', 'postgres']) {
      const guess = Object.assign(new URL(server.url), { username, password: 'guess' });
      await expect(query(guess.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    }
    const secret = join(folder.dir, 'postgres', 'credentials.json');
    expect((await stat(secret)).mode & 0o777).toBe(0o600);
    expect(await readFile(secret, 'utf8')).toContain(new URL(server.url).password);
  });

  it('listens on 127.0.0.1 only', async () => {
    expect(new URL(server.url)).toMatchObject({ hostname: '127.0.0.1', port: `${server.port}` });
    const refused = new Promise((resolve) =>
      createConnection(server.port, '127.0.0.2').once('error', resolve),
    );
    expect(await refused).toMatchObject({ code: 'ECONNREFUSED' });
    const pidFile = await readFile(join(folder.dir, 'postgres', 'postmaster.pid'), 'utf8');
    const [, , , , socketDirectory] = pidFile.split('\n');
    expect(socketDirectory).toBe('');
  });

  it('makes a second start fail with its pid, its port and a way out', async () => {
    const pid = await folder.postmaster();
    await expect(folder.start()).rejects.toThrow(
      `An embedded PostgreSQL is already running in ${folder.dir} (pid ${pid}, port ${server.port}; ` +
        `started by process ${process.pid}). Stop that process, or set TEARLINE_DIR to another folder.`,
    );
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('can be found by other processes', async () => {
    expect(await embeddedUrl(folder.dir)).toBe(server.url);
  });

  it('makes a reset fail', async () => {
    await expect(resetEmbedded(folder.dir)).rejects.toThrow(
      new RegExp(
        `already running in ${folder.dir} \\(pid \\d+, port ${server.port}.*Stop that process first`,
      ),
    );
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('startEmbedded', () => {
  const folder = new EmbeddedFolder();

  it('keeps data and password from run to run', async () => {
    const first = await folder.start();
    await query(first.url, "CREATE TABLE kept AS SELECT 'yes' AS word");
    const open = await connect(first.url);
    await first.stop();
    await expect(open.query('SELECT 1')).rejects.toThrow(/terminat|not queryable/);
    await expect(query(first.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    expect(await embeddedUrl(folder.dir)).toBeUndefined();
    await first.stop();

    const second = await folder.start();
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
    expect(await query(second.url, 'SELECT word FROM kept')).toEqual([{ word: 'yes' }]);
  });

  it('lets exactly one of several racing starts win', async () => {
    const starts = await Promise.allSettled([1, 2, 3].map(() => folder.start()));
    const [winner, ...others] = starts.filter((start) => start.status === 'fulfilled');
    expect(others).toEqual([]);
    const losers = starts.filter((start) => start.status === 'rejected');
    expect(losers.map((start) => String(start.reason))).toEqual(
      Array(2).fill(expect.stringContaining(`port ${winner!.value.port}`)),
    );
  });

  it('passes settings on and names the one that PostgreSQL rejects', async () => {
    await expect(folder.start({ settings: { wrok_mem: '5MB' } })).rejects.toThrow(
      /did not start: .*wrok_mem/,
    );
    const { url } = await folder.start({ maxConnections: 33, settings: { work_mem: '5MB' } });
    const names = ['max_connections', 'work_mem', 'fsync'];
    const list = names.map((name) => `current_setting('${name}') AS ${name}`).join();
    expect(await query(url, `SELECT ${list}`)).toEqual([
      { max_connections: '33', work_mem: '5MB', fsync: 'on' },
    ]);
  });

  it('logs each step, and works in a folder that only its owner may enter', async () => {
    await chmod(folder.dir, 0o700);
    const dir = join(folder.dir, 'made', 'here');
    const lines: string[] = [];
    const { url, port, stop } = await folder.start({ dir, log: (line) => lines.push(line) });
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await stop();
    expect(await readdir(dir)).toEqual(['postgres', 'postgres.lock', 'postgres.log']);
    expect(lines).toEqual([
      expect.stringContaining(join(dir, 'postgres')),
      expect.stringContaining(`127.0.0.1:${port}`),
    ]);
  });
});
