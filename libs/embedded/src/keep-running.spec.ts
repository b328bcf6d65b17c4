import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EmbeddedFolder, query } from './embedded-folder.fixture.js';

const WITHIN = { timeout: 60_000, interval: 20 };
const never = (error: Error) => {
  throw error;
};

describe('a server that is started again', { timeout: 120_000 }, () => {
  const folder = new EmbeddedFolder();
  const lines: string[] = [];
  const start = (replicas = 0) => {
    lines.length = 0;
    return folder.start({ replicas, restart: { onGivenUp: never }, log: (line) => lines.push(line) });
  };
  const succeeds = (url: string, sql: string) =>
    query(url, sql).then(
      () => true,
      () => false,
    );
  const works = (url: string) => succeeds(url, 'select 1');
  const canRead = (url: string, table: string) => succeeds(url, `select from ${table}`);

  it('has every acknowledged write after kills under load, at the same address', async () => {
    const { url, server, stop } = await start();
    await query(url, 'create table entry (n int)');
    const acknowledged: number[] = [];
    const writers = new AbortController();
    const writing = (async () => {
      for (let n = 1; !writers.signal.aborted; n += 1)
        await query(url, `insert into entry values (${n})`).then(
          () => acknowledged.push(n),
          () => undefined,
        );
    })();
    for (const _ of [1, 2]) {
      const before = acknowledged.length;
      await expect.poll(() => acknowledged.length, WITHIN).toBeGreaterThan(before + 5);
      const killed = await folder.postmaster();
      process.kill(killed, 'SIGKILL');
      await expect.poll(() => server.pid, WITHIN).not.toBe(killed);
      await expect.poll(() => works(url), WITHIN).toBe(true);
    }
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, WITHIN).toBeGreaterThan(before + 5);
    writers.abort();
    await writing;
    const rows = await query(url, 'select n from entry order by n');
    expect(rows.map(({ n }) => n)).toEqual(expect.arrayContaining(acknowledged));
    expect(lines.filter((line) => line.includes('ended unexpectedly'))).toHaveLength(2);

    process.kill(server.pid, 'SIGKILL');
    await server.exited;
    await stop();
    expect(await folder.hasNoServer()).toBe(true);
  });

  it('may be a replica, but not the former primary after a promotion; the next start has the writes since', async () => {
    const { url, server, replicas, stop } = await start(2);
    const [heir, other] = replicas;
    const killed = other!.pid;
    process.kill(killed, 'SIGKILL');
    await query(url, 'create table meanwhile ()');
    await expect.poll(() => other!.pid, WITHIN).not.toBe(killed);
    await expect.poll(() => canRead(other!.url, 'meanwhile'), WITHIN).toBe(true);
    await heir!.promote();
    process.kill(server.pid, 'SIGKILL');
    await expect
      .poll(() => lines.at(-1), WITHIN)
      .toBe('PostgreSQL stays down: replica_1 has been promoted; it is the primary now');
    expect(await works(url)).toBe(false);
    await query(heir!.url, 'create table kept ()');
    await stop();

    const again = await start(1);
    expect(lines).toContain("replica_1 was promoted in the last run: its data is the primary's now");
    expect(await query(again.url, 'select from kept')).toEqual([]);
    await expect.poll(() => canRead(again.replicas[0]!.url, 'kept'), WITHIN).toBe(true);
  });

  it('is given up with one sentence when it cannot start', async () => {
    const given = Promise.withResolvers<Error>();
    const { server, stop } = await folder.start({
      restart: { onGivenUp: given.resolve, giveUpAfterMs: 300 },
    });
    const control = join(folder.dir, 'postgres/global/pg_control');
    await rename(control, `${control}.away`);
    process.kill(server.pid, 'SIGKILL');
    expect((await given.promise).message).toMatch(
      /^PostgreSQL has ended and does not start again: .*could not .*pg_control.*$/,
    );
    await stop();
    await rename(`${control}.away`, control);
    const again = await start();
    expect(await works(again.url)).toBe(true);
  });
});
