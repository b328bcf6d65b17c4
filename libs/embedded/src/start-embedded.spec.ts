import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect, EmbeddedFolder, query } from './embedded-folder.fixture.js';

describe('startEmbedded', () => {
  const folder = new EmbeddedFolder();

  it('serves PostgreSQL 17 to its owner, who is no superuser, until it is stopped', async () => {
    const server = await folder.start();
    const [version] = await query(server.url, 'SHOW server_version');
    expect(version).toEqual({ server_version: expect.stringMatching(/^17\./) });
    expect(new URL(server.url)).toMatchObject({
      hostname: '127.0.0.1',
      port: `${server.port}`,
      username: 'tearline_owner',
      pathname: '/tearline',
    });
    const [role] = await query(
      server.url,
      'SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user',
    );
    expect(role).toEqual({ rolsuper: false, rolcreaterole: true });

    const client = await connect(server.url);
    await server.stop();
    await expect(client.query('SELECT 1')).rejects.toThrow(/terminat|not queryable/);
    await expect(query(server.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await server.stop();
  });

  it('keeps data and password between runs', async () => {
    const first = await folder.start();
    await query(first.url, "CREATE TABLE kept AS SELECT 'yes' AS word");
    await first.stop();
    const second = await folder.start();
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
    expect(await query(second.url, 'SELECT word FROM kept')).toEqual([{ word: 'yes' }]);
  });

  it('lets nobody in without the password, which only we can read', async () => {
    const { url } = await folder.start();
    for (const user of ['tearline_owner', 'postgres']) {
      const guess = Object.assign(new URL(url), { username: user, password: 'guess' });
      await expect(query(guess.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    }
    const secret = join(folder.dir, 'postgres', 'credentials.json');
    expect((await stat(secret)).mode & 0o777).toBe(0o600);
    expect(await readFile(secret, 'utf8')).toContain(new URL(url).password);
  });

  it('listens on 127.0.0.1 alone', async () => {
    const { port } = await folder.start();
    const refused = new Promise((resolve) => createConnection(port, '127.0.0.2').once('error', resolve));
    expect(await refused).toMatchObject({ code: 'ECONNREFUSED' });
    const [, , , , socketDirectory] = (
      await readFile(join(folder.dir, 'postgres', 'postmaster.pid'), 'utf8')
    ).split('\n');
    expect(socketDirectory).toBe('');
  });

  it('refuses a second start with pid, port and a way out, and is not disturbed', async () => {
    const { url, port } = await folder.start();
    const pid = await folder.postmaster();
    await expect(folder.start()).rejects.toThrow(
      `An embedded PostgreSQL is already running in ${folder.dir} (pid ${pid}, port ${port}; started by process ${process.pid}). ` +
        'Stop that process, or set TEARLINE_DIR to another folder.',
    );
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
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
    const { url, stop } = await folder.start({ maxConnections: 33, settings: { work_mem: '5MB' } });
    const [settings] = await query(
      url,
      "SELECT current_setting('max_connections') AS connections, current_setting('work_mem') AS memory, current_setting('fsync') AS fsync",
    );
    expect(settings).toEqual({ connections: '33', memory: '5MB', fsync: 'on' });
    await stop();
    await expect(folder.start({ settings: { wrok_mem: '5MB' } })).rejects.toThrow(
      /did not start: .*wrok_mem/,
    );
  });

  it('tells what it does', async () => {
    const lines: string[] = [];
    const { port, stop } = await folder.start({ log: (line) => lines.push(line) });
    await stop();
    expect(lines).toEqual([
      expect.stringContaining(join(folder.dir, 'postgres')),
      expect.stringContaining(`127.0.0.1:${port}`),
    ]);
  });

  it('works in a folder that only its owner may enter', async () => {
    await chmod(folder.dir, 0o700);
    const { url, stop } = await folder.start({ dir: join(folder.dir, 'made', 'here') });
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await stop();
    expect(await readdir(join(folder.dir, 'made', 'here'))).toEqual([
      'postgres',
      'postgres.lock',
      'postgres.log',
    ]);
  });
});
