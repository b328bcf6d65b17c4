import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Broker } from './broker.js';
import { itBehavesAsBroker } from './broker-behaviour.fixture.js';
import { Gate } from './gate.fixture.js';
import { migrateQueues } from './migrate-queues.js';
import { query, QueuesServer } from './queues-database.fixture.js';

const server = new QueuesServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

describe('Broker on PostgreSQL', () => {
  let url: string;
  beforeAll(async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    url = queuesUrl;
  });
  itBehavesAsBroker(() => ({ databaseUrl: url }));

  it('says what to do where the tables are missing', async () => {
    const { ownerUrl } = await server.newDatabase();
    const broker = new Broker({
      databaseUrl: Object.assign(new URL(url), { pathname: new URL(ownerUrl).pathname }).href,
    });
    await expect(broker.check()).rejects.toThrow(/run `npm run migrate`/);
    await broker.close();
  });

  it('goes on when all its connections were cut, with the work that was waiting', async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    const broker = new Broker({ databaseUrl: queuesUrl });
    const done = vi.fn<(id?: string) => void>();
    broker.worker('there', async ({ id }) => done(id), { concurrency: 1 });
    await broker.queue('there').add('a', {}, { jobId: 'x-1' });
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith('x-1'), { timeout: 10_000 });
    await query(
      queuesUrl,
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'tearline_queues' and pid <> pg_backend_pid()",
    );
    await vi.waitFor(() => broker.queue('there').add('a', {}, { jobId: 'x-2' }), { timeout: 10_000 });
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith('x-2'), { timeout: 10_000 });
    await broker.close();
  });

  it('may have one connection listen for any number of workers', async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    const broker = new Broker({ databaseUrl: queuesUrl });
    const names = Array.from({ length: 12 }, (_, n) => `q${n}`);
    const done = new Set<string>();
    for (const name of names) broker.worker(name, async () => void done.add(name), { concurrency: 1 });
    await Promise.all(names.map((name) => broker.queue(name).add('a', {}, { jobId: 'x-1' })));
    await vi.waitFor(() => expect(done.size).toBe(12), { timeout: 10_000 });
    const connections = async () => {
      const [row] = await query<{ count: number }>(
        ownerUrl,
        "select count(*)::int from pg_stat_activity where datname = current_database() and usename = 'tearline_queues'",
      );
      return row!.count;
    };
    expect(await connections()).toBeLessThanOrEqual(5);
    await broker.close();
    await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 10_000 });
  });

  it('asks at ease for work that it is refused', async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    await query(ownerUrl, 'revoke select on bullmq.job from tearline_queues');
    const broker = new Broker({ databaseUrl: queuesUrl });
    const refused = vi.fn<() => void>();
    const done = vi.fn<() => void>();
    broker.worker('there', async () => done(), { concurrency: 1 }).on('error', refused);
    await vi.waitFor(() => expect(refused).toHaveBeenCalled(), { timeout: 10_000 });
    refused.mockClear();
    await delay(1_500);
    expect(refused.mock.calls.length).toBeLessThan(10);
    await query(ownerUrl, 'grant select on bullmq.job to tearline_queues');
    await broker.queue('there').add('a', {}, { jobId: 'x-1' });
    await vi.waitFor(() => expect(done).toHaveBeenCalledTimes(1), { timeout: 10_000 });
    await broker.close();
  });
});

describe('Broker whose PostgreSQL', () => {
  let gate: Gate;
  let broker: Broker;
  const done = vi.fn<(id?: string) => void>();
  const soon = { timeout: 15_000, interval: 50 };
  beforeEach(async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    gate = new Gate(new URL(queuesUrl));
    await gate.open();
    done.mockClear();
  });
  afterEach(async () => {
    await broker.close();
    await gate.shut();
  });
  const start = async () => {
    broker = new Broker({ databaseUrl: gate.url });
    await broker.check();
    broker.worker('there', async ({ id }) => done(id), { concurrency: 1 });
    return broker.queue('there');
  };

  it('is away when it starts: fails fast, and works when it comes', async () => {
    await gate.shut();
    const queue = await start();
    await expect(queue.add('a', {}, { jobId: 'x-1' })).rejects.toThrow(/ECONNREFUSED/);
    await gate.open();
    await vi.waitFor(() => queue.add('a', {}, { jobId: 'x-2' }), soon);
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith('x-2'), soon);
  });

  it('goes and comes back', async () => {
    const queue = await start();
    await queue.add('a', {}, { jobId: 'x-1' });
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith('x-1'), soon);
    await gate.shut();
    await delay(500);
    await gate.open();
    await vi.waitFor(() => queue.add('a', {}, { jobId: 'x-2' }), soon);
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith('x-2'), soon);
  });

  it('does not answer: a queue fails within six seconds, and closing is bounded', async () => {
    const queue = await start();
    await queue.add('a', {}, { jobId: 'x-1' });
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith('x-1'), soon);
    gate.hang();
    const before = Date.now();
    await expect(queue.add('a', {}, { jobId: 'x-2' })).rejects.toThrow(/timeout/);
    expect(Date.now() - before).toBeLessThan(6_000);
    const closing = Date.now();
    await broker.close();
    expect(Date.now() - closing).toBeLessThan(4_000);
  });
});
