import type { EventEmitter } from 'node:events';
import { isSeamError, SeamError } from '@tearline/seam';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { query } from '../../../../test/support/postgres.js';
import { NoteEntity, type SampleHost, SampleServers } from './sample-hosts.fixture.js';

const WITHIN = { timeout: 15_000, interval: 10 };
let servers: SampleServers;
let host: SampleHost;
let ports: { primary: number; replicas: number[] };

async function open(options: Parameters<SampleServers['start']>[0] = {}): Promise<void> {
  servers = new SampleServers();
  await servers.start(options);
}

const portsOf = async (reads: number, on = host) =>
  new Set(await Promise.all(Array.from({ length: reads }, () => on.request(() => on.notes.servingPort()))));
async function allServe(...expected: number[]): Promise<void> {
  await expect.poll(() => portsOf(20), WITHIN).toEqual(new Set(expected));
}
const write = (text: string, on = host) =>
  on.request(() => on.repository.insert({ text }), { principal: 'writer' });
const msOf = async (work: () => Promise<unknown>) => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

describe('two replicas', () => {
  beforeAll(async () => {
    await open();
    host = await servers.host({ maxLag: 1_000 });
    const { port, replicas } = servers.embedded;
    ports = { primary: port, replicas: replicas.map((replica) => replica.port) };
  });
  afterAll(() => servers.stop());
  beforeEach(() => allServe(...ports.replicas));

  it('a killed replica causes no error, and serves again after its restart', async () => {
    const [, second] = ports.replicas;
    const [replica] = servers.embedded.replicas;
    await replica!.kill();
    expect(await portsOf(50)).toEqual(new Set([second]));
    await replica!.start();
    await allServe(...ports.replicas);
  });

  it('a replica that hangs is ejected within a second, and pending reads are repeated elsewhere', async () => {
    const [replica] = servers.embedded.replicas;
    await replica!.pause();
    const took = await msOf(async () => {
      expect(await portsOf(20)).toEqual(new Set([ports.replicas[1]]));
    });
    // A read that waited for the replica would end with its deadline, after ten seconds.
    expect(took).toBeLessThan(8_000);
    expect(await msOf(() => portsOf(50))).toBeLessThan(8_000);
    await replica!.resume();
    await allServe(...ports.replicas);
  });

  it('a replica whose lag exceeds the limit is ejected, and serves again when it has caught up', async () => {
    const [replica] = servers.embedded.replicas;
    await replica!.cut();
    await write('unheard');
    await allServe(ports.replicas[1]!);
    const metrics = await host.registry.metrics();
    expect(metrics).toMatch(
      new RegExp(
        `database_replica_ejections_total\\{server="127.0.0.1:${ports.replicas[0]}",reason="lagging"\\} 1`,
      ),
    );
    await replica!.follow(servers.embedded.server);
    await allServe(...ports.replicas);
  });

  it('without a replica the primary serves a limited number of concurrent reads', async () => {
    await Promise.all(servers.embedded.replicas.map((replica) => replica.kill()));
    await allServe(ports.primary);
    // Half of the six connections: three rounds for nine reads.
    const took = await msOf(() =>
      Promise.all(Array.from({ length: 9 }, () => host.request(() => host.notes.slowly(0.2)))),
    );
    expect(took).toBeGreaterThan(590);
    await Promise.all(servers.embedded.replicas.map((replica) => replica.start()));
    await allServe(...ports.replicas);
  });

  it('a host starts while one replica is down and another hangs', async () => {
    const [dead, hung] = servers.embedded.replicas;
    await dead!.kill();
    await hung!.pause();
    const late = await servers.host();
    expect(await portsOf(5, late)).toEqual(new Set([ports.primary]));
    await hung!.resume();
    await expect.poll(() => portsOf(5, late), WITHIN).toEqual(new Set([ports.replicas[1]]));
    await dead!.start();
  });

  it('a host shuts down while a replica hangs', async () => {
    const ending = await servers.host();
    await allServe(...ports.replicas);
    expect(await portsOf(20, ending)).toEqual(new Set(ports.replicas));
    const [replica] = servers.embedded.replicas;
    await replica!.pause();
    expect(await msOf(() => ending.close())).toBeLessThan(10_000);
    await replica!.resume();
  });

  it('a transaction whose connection breaks between two statements fails with unavailable', async () => {
    const { manager } = host.repository;
    // Between them another layer turns an error that it does not know into one of its own, as a command's does.
    const breaking = (ask: (inside: typeof manager) => Promise<unknown>) =>
      host.request(() =>
        manager.transaction(async (inside) => {
          const [row] = await inside.query<{ pid: number }[]>('select pg_backend_pid() as pid');
          const client = (await inside.queryRunner!.connect()) as EventEmitter;
          const broken = new Promise((resolve) => client.once('end', resolve));
          await servers.embedded.server.execute(`select pg_terminate_backend(${row!.pid})`);
          await broken;
          await ask(inside).catch((error: unknown) => {
            throw isSeamError(error) ? error : new SeamError('internal', { cause: error });
          });
        }),
      );
    const unavailable = expect.objectContaining({ code: 'unavailable' }) as unknown;
    await expect(breaking((inside) => inside.query('select 1'))).rejects.toEqual(unavailable);
    await expect(breaking((inside) => inside.find(NoteEntity))).rejects.toEqual(unavailable);
    const nested = breaking((inside) => inside.transaction(() => inside.query('select 1')));
    await expect(nested).rejects.toEqual(unavailable);
    await expect(
      host.request(() => manager.transaction(() => Promise.reject(new Error('my own')))),
    ).rejects.toThrow('my own');
  });

  it('a primary that becomes read-only is left, and written to when it is writable again', async () => {
    const { server } = servers.embedded;
    const readOnly = (value: string) =>
      server.execute(`alter system set default_transaction_read_only = ${value}`, 'select pg_reload_conf()');
    await readOnly('on');
    await expect
      .poll(() => write('refused').catch((error: unknown) => isSeamError(error, 'unavailable')), WITHIN)
      .toBe(true);
    await readOnly('off');
    await expect.poll(() => write('taken').then(() => 'written', String), WITHIN).toBe('written');
  });

  it('a host refuses to open more connections than one of the servers allows', async () => {
    await expect(servers.host({ connections: 97 })).rejects.toThrow(
      /DATABASE_CONNECTIONS: this host may open 98 connections, but its PostgreSQL server allows 97/,
    );
  });
});

describe('a primary', () => {
  afterEach(() => servers.stop());

  it('is replaced by a promoted replica; meanwhile writes fail at once', async () => {
    await open();
    const [heir, other] = servers.embedded.replicas;
    const several = await servers.host({ urls: { notes: servers.urlOfAll } });
    await write('before', several);
    // Replication is asynchronous: what the heir has not received is lost.
    const received = () => query(heir!.url, "select from notes.notes where text = 'before'");
    await expect.poll(received, WITHIN).toHaveLength(1);
    await servers.embedded.server.pause();
    const hanging = write('lost in the middle', several).catch((error: unknown) => error);
    const took = await msOf(async () => expect(isSeamError(await hanging, 'unavailable')).toBe(true));
    // The primary counts as lost after four seconds.
    expect(took).toBeLessThan(15_000);
    const refused = await write('unreachable', several).catch((error: unknown) => error);
    expect(isSeamError(refused, 'unavailable')).toBe(true);

    await heir!.promote();
    await other!.follow(heir!);
    await expect.poll(() => write('after', several).then(() => 'written', String), WITHIN).toBe('written');
    // The former primary comes back and is still writable: no write may go there.
    await servers.embedded.server.resume();
    await write('after its return', several);
    const texts = await several.request(() => several.notes.texts(), { principal: 'writer' });
    expect(texts).toEqual(expect.arrayContaining(['before', 'after', 'after its return']));
    // The other replica shows the new timeline, and so serves what was written on it.
    await expect
      .poll(() => several.request(() => several.notes.servingPort(), { principal: 'writer' }), WITHIN)
      .toBe(other!.port);
  });

  it('loses no acknowledged write with one synchronous replica', async () => {
    await open({ synchronous: true, replicas: 1 });
    const [heir] = servers.embedded.replicas;
    const writer = await servers.host({ urls: { notes: servers.urlOfAll } });
    const acknowledged: string[] = [];
    const over = { isOver: false };
    const writing = Promise.all(
      Array.from({ length: 4 }, async (_, who) => {
        for (let turn = 0; !over.isOver; turn += 1)
          await write(`${who}-${turn}`, writer).then(
            () => acknowledged.push(`${who}-${turn}`),
            () => new Promise((resolve) => setTimeout(resolve, 20)),
          );
      }),
    );
    await expect.poll(() => acknowledged.length, WITHIN).toBeGreaterThan(200);
    await servers.embedded.server.kill();
    const before = acknowledged.length;
    await heir!.promote();
    await expect.poll(() => acknowledged.length, WITHIN).toBeGreaterThan(before + 50);
    over.isOver = true;
    await writing;
    const there = new Set(await writer.notes.texts());
    expect(acknowledged.filter((text) => !there.has(text))).toEqual([]);
  });
});
