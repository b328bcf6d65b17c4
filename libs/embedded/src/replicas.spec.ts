import { expect, describe, it, beforeAll, afterAll } from 'vitest';
import { connect, EmbeddedFolder, query } from './embedded-folder.fixture.js';
import type { EmbeddedPostgres } from './index.js';

const WITHIN = { timeout: 10_000, interval: 20 };

describe('a server with two replicas', () => {
  const folder = new EmbeddedFolder(beforeAll, afterAll);
  let primary: EmbeddedPostgres;
  beforeAll(async () => {
    primary = await folder.start({ replicas: 2 });
    await query(primary.url, 'create table notes (text text)');
  });

  const write = (text: string, url = primary.url) => query(url, `insert into notes values ('${text}')`);
  const shows = async (number: number, text: string) => {
    const sql = `select count(*)::int as n from notes where text = '${text}'`;
    const [row] = await query(primary.replicas[number]!.url, sql).catch(() => [{ n: 0 }]);
    return row!['n'];
  };

  it('shows writes on both replicas, which are read-only', async () => {
    await write('first');
    for (const number of [0, 1]) await expect.poll(() => shows(number, 'first'), WITHIN).toBe(1);
    await expect(write('here', primary.replicas[0]!.url)).rejects.toThrow(/read-only/);
  });

  it('delays one on purpose', async () => {
    const [quick, slow] = primary.replicas;
    await slow!.delay(1_000);
    const started = performance.now();
    await write('late');
    await expect.poll(() => shows(0, 'late'), WITHIN).toBe(1);
    expect(await shows(1, 'late')).toBe(0);
    await expect.poll(() => shows(1, 'late'), WITHIN).toBe(1);
    expect(performance.now() - started).toBeGreaterThan(990);
    await slow!.delay(0);
    expect(quick!.port).not.toBe(slow!.port);
  });

  it('pauses one, and lets it go on where it was', async () => {
    const [replica] = primary.replicas;
    const open = await connect(replica!.url);
    await replica!.pause();
    let isAnswered = false;
    const answer = open.query('select 1').then(() => (isAnswered = true));
    await expect(
      Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 200, 'hangs'))]),
    ).resolves.toBe('hangs');
    expect(isAnswered).toBe(false);
    await replica!.resume();
    expect(await answer).toBe(true);
    await open.end();
  });

  it('kills one, and starts it again where it was', async () => {
    const [replica] = primary.replicas;
    const { port } = replica!;
    await replica!.kill();
    await expect(query(replica!.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
    await write('meanwhile');
    await replica!.start();
    expect(replica!.port).toBe(port);
    await expect.poll(() => shows(0, 'meanwhile'), WITHIN).toBe(1);
  });

  it('cuts one off, and mends it', async () => {
    const [, replica] = primary.replicas;
    await replica!.cut();
    await write('unheard');
    await expect.poll(() => shows(0, 'unheard'), WITHIN).toBe(1);
    expect(await shows(1, 'unheard')).toBe(0);
    await replica!.follow(primary.server);
    await expect.poll(() => shows(1, 'unheard'), WITHIN).toBe(1);
  });

  it('makes one the primary, which the other follows', async () => {
    const [heir, other] = primary.replicas;
    await primary.server.kill();
    await heir!.promote();
    await other!.follow(heir!);
    await write('to the heir', heir!.url);
    await expect.poll(() => shows(1, 'to the heir'), WITHIN).toBe(1);
  });

  it('makes them anew at the next start, from what the primary of the last one has', async () => {
    await primary.stop();
    primary = await folder.start({ replicas: 1, synchronous: true });
    await write('again');
    await expect.poll(() => shows(0, 'again'), WITHIN).toBe(1);
    expect(await shows(0, 'to the heir')).toBe(1);
    await primary.stop();
    primary = await folder.start();
    expect(primary.replicas).toEqual([]);
    expect(await query(primary.url, 'select slot_name from pg_replication_slots')).toEqual([]);
  });
});
