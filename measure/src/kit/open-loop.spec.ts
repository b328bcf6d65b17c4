import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpRequest } from './http-request.js';
import { openLoop, poissonArrivals } from './open-loop.js';
import { seededRandom } from './statistics.js';

const requests: HttpRequest[] = ['/a', '/b', '/c'].map((path) => ({ method: 'GET', path }));

describe('Poisson arrivals', () => {
  it('have the requested rate', () => {
    const all = [...poissonArrivals(requests, 500, 20, seededRandom(1))];
    expect(all.length).toBeGreaterThan(9_700);
    expect(all.length).toBeLessThan(10_300);
    expect(all.at(-1)!.at).toBeLessThan(20_000);
  });

  it('have exponentially distributed gaps', () => {
    const times = [...poissonArrivals(requests, 1_000, 20, seededRandom(2))].map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - times[index]!);
    // 1 - 1/e of such gaps are shorter than the mean of a millisecond; of equal gaps all or none would be.
    const short = gaps.filter((gap) => gap < 1).length / gaps.length;
    expect(short).toBeCloseTo(1 - 1 / Math.E, 1);
  });

  it('are the same for the same seed, and take the requests in turn', () => {
    const take = (seed: number) => [...poissonArrivals(requests, 100, 1, seededRandom(seed))];
    expect(take(3)).toEqual(take(3));
    expect(take(3)).not.toEqual(take(4));
    expect(
      take(3)
        .slice(0, 4)
        .map(({ request }) => request.path),
    ).toEqual(['/a', '/b', '/c', '/a']);
  });
});

describe('an open loop', () => {
  const server = createServer((request, response) => {
    if (request.url === '/held') {
      held.push(response);
      if (held.length === 3) for (const each of held) each.end();
      return;
    }
    if (request.url === '/c') {
      request.socket.destroy();
      return;
    }
    // Blocks the event loop once.
    if (request.url === '/b') {
      const end = performance.now() + 300;
      while (performance.now() < end);
    }
    response.statusCode = request.url === '/a?404' ? 404 : 200;
    response.end('x');
  });
  /** Three requests, which are answered together. */
  const held: ServerResponse[] = [];
  let url = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  const at = (milliseconds: number, path: string) => ({
    at: milliseconds,
    request: { method: 'GET', path } satisfies HttpRequest,
  });

  it('counts the delay of sending as latency', async () => {
    // The server and its client share this process, so a block delays sending, too.
    const responses = await openLoop(url, [at(0, '/b'), at(50, '/a'), at(100, '/a')]);
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(responses[1]!.latency).toBeGreaterThan(200);
    expect(responses[2]!.latency).toBeGreaterThan(150);
    expect(responses[2]!.delay).toBeGreaterThan(100);
  });

  it('sends at the scheduled time, whether or not earlier requests are answered', async () => {
    const responses = await openLoop(url, [at(0, '/held'), at(5, '/held'), at(10, '/held')]);
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('reports statuses, and 0 for broken connections', async () => {
    const responses = await openLoop(url, [at(0, '/a?404'), at(1, '/c')]);
    expect(responses.map(({ status }) => status)).toEqual([404, 0]);
  });

  it('gives up after the timeout', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const [response] = await openLoop(address, [at(0, '/a')], { timeoutMs: 50 });
    expect(response!.status).toBe(0);
    expect(response!.latency).toBeGreaterThanOrEqual(49);
    silent.closeAllConnections();
    silent.close();
  });
});
