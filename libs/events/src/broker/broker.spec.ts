import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Broker } from './broker.js';
import { brokerSpecs } from './shared-broker-specs.fixture.js';
import { TcpProxy } from '../../../../test/support/tcp-proxy.js';
import { query, TestPostgres } from '../../../../test/support/postgres.js';
import { migrateQueues } from '../../../../test/support/queues.js';

const server = new TestPostgres();
beforeAll(() => server.start());
afterAll(() => server.stop());

describe('Broker on PostgreSQL', () => {
  let url: string;
  beforeAll(async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    url = queuesUrl;
  });
  brokerSpecs(() => ({ databaseUrl: url }));

  it('reports missing tables with the command that creates them', async () => {
    const { ownerUrl } = await server.newDatabase();
    const broker = new Broker({
      databaseUrl: Object.assign(new URL(url), { pathname: new URL(ownerUrl).pathname }).href,
    });
    await expect(broker.check()).rejects.toThrow(/run `npm run migrate`/);
    await broker.close();
  });

  it('recovers when all its connections were cut', async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    const broker = new Broker({ databaseUrl: queuesUrl });
    const done = vi.fn<(id?: string) => void>();
    broker.worker('there', async ({ id }) => done(id), { concurrency: 1 });
    await broker.queue('there').add('a', {}, { jobId: 'x-1' });
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith('x-1'), { timeout: 10_000 });
    await query(
      queuesUrl,
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = current_user and pid <> pg_backend_pid()',
    );
    await vi.waitFor(() => broker.queue('there').add('a', {}, { jobId: 'x-2' }), { timeout: 10_000 });
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith('x-2'), { timeout: 10_000 });
    await broker.close();
  });

  it('listens on one connection for all workers', async () => {
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
        "select count(*)::int from pg_stat_activity where datname = current_database() and usename = current_database() || '_queues'",
      );
      return row!.count;
    };
    expect(await connections()).toBeLessThanOrEqual(5);
    await broker.close();
    await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 10_000 });
  });

  it('pauses between attempts to fetch work that fail', async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    const role = new URL(queuesUrl).username;
    await query(ownerUrl, `revoke select on bullmq.job from ${role}`);
    const broker = new Broker({ databaseUrl: queuesUrl });
    const refused = vi.fn<() => void>();
    const done = vi.fn<() => void>();
    broker.worker('there', async () => done(), { concurrency: 1 }).on('error', refused);
    await vi.waitFor(() => expect(refused).toHaveBeenCalled(), { timeout: 10_000 });
    refused.mockClear();
    await delay(1_500);
    expect(refused.mock.calls.length).toBeLessThan(10);
    await query(ownerUrl, `grant select on bullmq.job to ${role}`);
    await broker.queue('there').add('a', {}, { jobId: 'x-1' });
    await vi.waitFor(() => expect(done).toHaveBeenCalledTimes(1), { timeout: 10_000 });
    await broker.close();
  });
});

describe('Broker whose PostgreSQL', () => {
  let proxy: TcpProxy;
  let broker: Broker;
  const done = vi.fn<(id?: string) => void>();
  const soon = { timeout: 15_000, interval: 50 };
  beforeEach(async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    proxy = new TcpProxy(new URL(queuesUrl));
    await proxy.listen();
    done.mockClear();
  });
  afterEach(async () => {
    await broker.close();
    await proxy.close();
  });
  const start = async () => {
    broker = new Broker({ databaseUrl: proxy.url });
    await broker.check();
    broker.worker('there', async ({ id }) => done(id), { concurrency: 1 });
    return broker.queue('there');
  };

  it('is unreachable at start: fails fast, and works when it is reachable', async () => {
    await proxy.close();
    const queue = await start();
    await expect(queue.add('a', {}, { jobId: 'x-1' })).rejects.toThrow(/ECONNREFUSED/);
    await proxy.listen();
    await vi.waitFor(() => queue.add('a', {}, { jobId: 'x-2' }), soon);
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith('x-2'), soon);
  });

  it('restarts: works again', async () => {
    const queue = await start();
    await queue.add('a', {}, { jobId: 'x-1' });
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith('x-1'), soon);
    await proxy.close();
    await delay(500);
    await proxy.listen();
    await vi.waitFor(() => queue.add('a', {}, { jobId: 'x-2' }), soon);
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith('x-2'), soon);
  });

  it('does not answer: a queue fails, and closing is bounded', async () => {
    const queue = await start();
    await queue.add('a', {}, { jobId: 'x-1' });
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith('x-1'), soon);
    proxy.freeze();
    const before = Date.now();
    await expect(queue.add('a', {}, { jobId: 'x-2' })).rejects.toThrow(/timeout/);
    expect(Date.now() - before).toBeLessThan(20_000);
    const closing = Date.now();
    await broker.close();
    expect(Date.now() - closing).toBeLessThan(15_000);
  });
});
