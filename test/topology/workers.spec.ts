import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api } from '../support/api-client.js';
import { favorite, publish, register } from '../support/conduit.js';
import { type HostProcess, type RunningTopology, startTopology } from '../support/running-topology.js';

const patiently = { timeout: 20_000, interval: 50 };

describe('a host for jobs alone', () => {
  let topology: RunningTopology;
  const host = (name: string) => topology.hosts.find((each) => each.name === name)!;

  beforeAll(async () => {
    topology = await startTopology('workers');
  });
  afterAll(() => topology.stop());

  /** Sums of what a host counts, by the first label after the name. */
  const countOf = async ({ url }: HostProcess, metric: string) => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const samples = text.matchAll(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\d+)$`, 'gm'));
    return [...samples].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  it('handles the events that the others publish', async () => {
    const api = new Api(topology.url);
    const [author, fan] = [await register(api), await register(api)];
    await favorite(fan, (await publish(author)).slug);
    const unread = async () =>
      (await author.api.get<{ unreadCount: number }>('/api/notifications/unread-count')).body.unreadCount;
    await expect.poll(unread, patiently).toBe(1);
    expect(await countOf(host('workers.1'), 'events_handled_total')).toBeGreaterThan(0);
    expect(await countOf(host('app.1'), 'events_handled_total')).toBe(0);
  });

  it('is healthy, gets no requests and answers no calls', async () => {
    const workers = host('workers.1');
    expect((await fetch(`${workers.url}/health/ready`)).status).toBe(200);
    expect(workers).not.toHaveProperty('rpc');
    const before = await countOf(workers, 'http_requests_total');
    const api = new Api(topology.url);
    for (let index = 0; index < 20; index += 1) expect((await api.get('/api/tags')).status).toBe(200);
    // Its own metrics and health, asked for here.
    expect((await countOf(workers, 'http_requests_total')) - before).toBeLessThan(5);
    expect(await countOf(host('app.1'), 'http_requests_total')).toBeGreaterThanOrEqual(20);
  });
});
