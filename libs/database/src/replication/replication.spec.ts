import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statement } from '../index.js';
import { type SampleHost, SampleServers } from './sample-hosts.fixture.js';

const WITHIN = { timeout: 10_000, interval: 10 };
const servers = new SampleServers();
let host: SampleHost;
let other: SampleHost;
let ports: { primary: number; replicas: number[] };

beforeAll(async () => {
  await servers.start();
  [host, other] = await Promise.all([servers.host(), servers.host()]);
  const { port, replicas } = servers.embedded;
  ports = { primary: port, replicas: replicas.map((replica) => replica.port) };
});
afterAll(() => servers.stop());

const portsOf = async (reads: number, read = () => host.notes.servingPort()) =>
  new Set(await Promise.all(Array.from({ length: reads }, () => host.request(read))));
async function allReplicasServe(): Promise<void> {
  await expect.poll(() => portsOf(20), WITHIN).toEqual(new Set(ports.replicas));
}
const write = (text: string, on = host) => on.repository.insert({ text });

describe('a host', () => {
  it('does not start when its modules and other connections exceed the capacity of the primary', async () => {
    const otherConnections = [{ url: servers.url, connections: 95 }];
    await expect(servers.host({ otherConnections })).rejects.toThrow(
      /this host may open 10[2-9] connections/,
    );
  });
});

describe('reads', () => {
  it('of Reader and of repositories go to the replicas', async () => {
    await allReplicasServe();
    const byRepository = await portsOf(20, async () => {
      const [row] = await host.repository.manager.connection
        .createQueryBuilder()
        .select('inet_server_port()', 'at')
        .from('pg_database', 'd')
        .getRawMany<{ at: number }>();
      return row!.at;
    });
    expect(byRepository).toEqual(new Set(ports.replicas));
  });

  it('of a transaction stay on the primary', async () => {
    const sql = 'select inet_server_port() as at';
    const [row] = await host.request(() =>
      host.repository.manager.transaction((manager) => manager.query<{ at: number }[]>(sql)),
    );
    expect(row!.at).toBe(ports.primary);
  });

  it('of a statement on the DataSource itself stay on the primary at every level', async () => {
    const { connection } = host.repository.manager;
    const read = () => connection.query<{ at: number }[]>('select inet_server_port() as at');
    const [row] = await host.request(read, { level: 'eventual' });
    expect(row!.at).toBe(ports.primary);
  });

  it('are counted by server, and replicas have metrics', async () => {
    await allReplicasServe();
    const metrics = await host.registry.metrics();
    for (const port of ports.replicas) {
      const server = `server="127.0.0.1:${port}"`;
      expect(metrics).toMatch(new RegExp(`database_replica_up\\{${server}\\} 1`));
      expect(metrics).toMatch(new RegExp(`database_replica_lag_bytes\\{${server}\\} \\d+`));
      expect(metrics).toMatch(
        new RegExp(`database_reads_total\\{module="notes",${server},route="replica"\\} [1-9]`),
      );
    }
  });
});

describe('with replicas that are delayed', () => {
  beforeAll(() => Promise.all(servers.embedded.replicas.map((replica) => replica.delay(10_000))));
  afterAll(() => Promise.all(servers.embedded.replicas.map((replica) => replica.delay(0))));

  const sql = 'insert into notes (text) values ($1)';
  it.each<[string, (text: string) => Promise<unknown>]>([
    ['a repository', (text) => host.repository.save({ text })],
    ['a query builder', (text) => host.repository.createQueryBuilder().insert().values({ text }).execute()],
    ['raw SQL', (text) => host.repository.query(sql, [text])],
    [
      'a select that writes',
      (text) => host.repository.query(`with new as (${sql} returning 1) select * from new`, [text]),
    ],
    [
      'an idempotent transaction',
      (text) =>
        host.notes.transactions.run(
          'write',
          text,
          async (manager) => void (await manager.query(sql, [text])),
        ),
    ],
  ])('writes by %s are read in the same request and in the next one', async (how, writeIt) => {
    const text = `by ${how}`;
    const jar = {};
    const who = { principal: how, jar };
    await host.request(async () => {
      await writeIt(text);
      expect(await host.notes.texts()).toContain(text);
      expect(await host.repository.findBy({ text })).toHaveLength(1);
    }, who);
    expect(await host.request(() => host.notes.texts(), { principal: how })).toContain(text);
    // An unknown client with the token.
    expect(await other.request(() => other.notes.texts(), { jar })).toContain(text);
    // Without a required position the read goes to a delayed replica.
    expect(await host.request(() => host.notes.texts(), { level: 'eventual', principal: how })).not.toContain(
      text,
    );
    expect(await other.request(() => other.notes.texts())).not.toContain(text);
  });

  it('a strong request reads the writes of others, and so does a strong statement', async () => {
    await host.request(() => write('by anybody'));
    expect(await other.request(() => other.notes.texts(), { level: 'strong' })).toContain('by anybody');
    expect(await other.request(() => other.notes.textsStrongly())).toContain('by anybody');
    expect(await other.request(() => other.notes.texts())).not.toContain('by anybody');
  });

  it('a column that only the primary has is read there', async () => {
    await servers.embedded.server.execute("alter table notes.notes add column colour text default 'red'");
    const colours = statement<{ colour: string }>('notes.colours', 'select distinct colour from notes');
    const read = () => host.notes.reader.rows(colours);
    expect(await host.request(read, { level: 'eventual' })).toEqual([{ colour: 'red' }]);
    const wrong = statement('notes.wrong', 'select nothing_of_the_kind from notes');
    await expect(host.request(() => host.notes.reader.rows(wrong))).rejects.toMatchObject({ code: '42703' });
  });

  it('work outside of a request reads all writes', async () => {
    await write('in a job');
    expect(await other.notes.texts()).toContain('in a job');
  });

  it('a write of another principal requires no position', async () => {
    await host.request(() => write('mine'), { principal: 'ann' });
    const at = await host.request(() => host.notes.servingPort(), { principal: 'bob' });
    expect(ports.replicas).toContain(at);
  });
});

describe('with one replica that is ahead', () => {
  beforeAll(() => servers.embedded.replicas[1]!.delay(10_000));
  afterAll(() => servers.embedded.replicas[1]!.delay(0));

  it('serves reads of a principal that has just written; other reads go to both replicas', async () => {
    const [ahead] = ports.replicas;
    await host.request(() => write('first'), { principal: 'writer' });
    await expect
      .poll(() => host.request(() => host.notes.servingPort(), { principal: 'writer' }), {
        timeout: 5_000,
        interval: 1,
      })
      .toBe(ahead);
    const serving = await Promise.all(
      Array.from({ length: 30 }, () => host.request(() => host.notes.servingPort(), { principal: 'writer' })),
    );
    expect(new Set(serving)).toEqual(new Set([ahead]));
    expect(await portsOf(30)).toEqual(new Set(ports.replicas));
  });

  it('a position of another timeline or another cluster is read on the primary', async () => {
    const position = async (change: (parts: string[]) => string[]) => {
      const call = { principal: 'cem' };
      return host.request(async () => {
        const { currentCall } = await import('@tearline/seam');
        await write('to learn the position');
        const { consistency } = currentCall()!;
        consistency.recordWrite('notes', change(consistency.requiredPosition('notes')!.split('.')).join('.'));
        return host.notes.servingPort();
      }, call);
    };
    expect(await position(([cluster, , offset]) => [cluster!, '00000009', offset!])).toBe(ports.primary);
    expect(await position(([, timeline]) => ['1', timeline!, '0000000000000001'])).toBe(ports.primary);
    expect(await position(([cluster, timeline]) => [cluster!, timeline!, 'ffffffffffffffff'])).toBe(
      ports.primary,
    );
  });
});
