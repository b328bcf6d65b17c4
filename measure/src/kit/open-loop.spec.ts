import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpRequest } from './endpoints.js';
import { openLoop } from './open-loop.js';
import { arrivals } from '../bench/split/pace.js';
import { randomFrom } from '../lab/stats/random.js';

const shots: HttpRequest[] = ['/a', '/b', '/c'].map((path) => ({ method: 'GET', path }));

describe('the schedule of arrivals', () => {
  it('has the rate that was asked for, within what chance allows', () => {
    const all = [...arrivals(shots, 500, 20, randomFrom(1))];
    expect(all.length).toBeGreaterThan(9_700);
    expect(all.length).toBeLessThan(10_300);
    expect(all.at(-1)!.at).toBeLessThan(20_000);
  });

  it('has gaps as between clients who know nothing of one another', () => {
    const times = [...arrivals(shots, 1_000, 20, randomFrom(2))].map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - times[index]!);
    // Of such gaps 1 - 1/e are shorter than the mean of a millisecond; of even ones all or none would be.
    const short = gaps.filter((gap) => gap < 1).length / gaps.length;
    expect(short).toBeCloseTo(1 - 1 / Math.E, 1);
  });

  it('is the same for the same seed, and takes the requests in turn', () => {
    const take = (seed: number) => [...arrivals(shots, 100, 1, randomFrom(seed))];
    expect(take(3)).toEqual(take(3));
    expect(take(3)).not.toEqual(take(4));
    expect(
      take(3)
        .slice(0, 4)
        .map(({ request: shot }) => shot.path),
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
    // Stands still as a blocked event loop does, once.
    if (request.url === '/b') {
      const end = performance.now() + 300;
      while (performance.now() < end);
    }
    response.statusCode = request.url === '/a?404' ? 404 : 200;
    response.end('x');
  });
  /** Answered when there are three of them. */
  const held: ServerResponse[] = [];
  let url = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  const at = (milliseconds: number, path: string) => ({
    at: milliseconds,
    shot: { method: 'GET', path } satisfies HttpRequest,
  });

  it('counts as waiting what a request waited to be sent', async () => {
    // The server and its client share this process, so while it stands still nothing can be sent either.
    const answers = await openLoop(url, [at(0, '/b'), at(50, '/a'), at(100, '/a')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers[1]!.milliseconds).toBeGreaterThan(200);
    expect(answers[2]!.milliseconds).toBeGreaterThan(150);
    expect(answers[2]!.late).toBeGreaterThan(100);
  });

  it('sends when it is time, answered or not', async () => {
    const answers = await openLoop(url, [at(0, '/held'), at(5, '/held'), at(10, '/held')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('tells statuses, and 0 for those that broke off', async () => {
    const answers = await openLoop(url, [at(0, '/a?404'), at(1, '/c')]);
    expect(answers.map(({ status }) => status)).toEqual([404, 0]);
  });

  it('gives up when patience is over', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const [answer] = await openLoop(address, [at(0, '/a')], { timeoutMs: 50 });
    expect(answer!.status).toBe(0);
    expect(answer!.milliseconds).toBeGreaterThanOrEqual(49);
    silent.closeAllConnections();
    silent.close();
  });
});
