import { once } from 'node:events';
import { request } from 'node:http';
import { openFileLimit } from '@tearline/host';
import { manifests, moduleNames as modules } from '@tearline/modules';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  defaultLimits,
  edgeCapacity,
  type NginxOptions,
  readTopology,
} from '../../libs/topology/src/index.js';
import { HalfOpenConnections } from '../faults/connections/half-open.js';
import { sendSteadily } from '../faults/connections/steady-requests.js';
import { type Reply, replyOf } from '../support/api-client.js';
import { type EchoHost, echoHost, type Edge, startEdge } from './edge.js';
import '../e2e/matchers.js';

/** More than nginx had connections for when their number was fixed, where this process may open so many. */
const HALF_OPEN = Math.min(9_000, Math.floor(openFileLimit() / 2));

const topology = await readTopology('monolith', { modules });
const limits = {
  ...defaultLimits,
  modules: { notifications: { streams: { routes: ['/api/notifications/stream'], max: 10_000 } } },
};
let app: EchoHost;
beforeAll(async () => {
  // A path with `held` gets no response, a stream no end.
  app = await echoHost('app', ({ url = '' }, response) => {
    if (url.includes('stream')) response.writeHead(200, { 'x-accel-buffering': 'no' }).write(': begun\n\n');
    return url.includes('stream') || url.includes('held');
  });
});
afterAll(() => app.close());

async function edgeWith(options: Partial<NginxOptions>): Promise<Edge> {
  const edge = await startEdge({
    topology,
    manifests,
    addresses: { app: [app.address] },
    limits,
    ...options,
  });
  onTestFinished(() => edge.stop());
  return edge;
}

/** Sends a GET from an address. Resolves with the head of the response; the connection stays until the test has finished. */
async function getFrom(edge: Edge, localAddress: string, path: string): Promise<Reply> {
  const sent = request(edge.url + path, { localAddress, agent: false }).end();
  onTestFinished(() => void sent.destroy());
  sent.on('error', () => undefined);
  const [response] = await once(sent, 'response');
  const { statusCode, headers } = response as { statusCode: number; headers: Record<string, string> };
  if (statusCode === 200) return replyOf(statusCode, new Headers(headers), '');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return replyOf(statusCode, new Headers(headers), Buffer.concat(chunks).toString());
}

/** Sends a GET that gets no response until the test has finished. */
async function hold(edge: Edge, localAddress: string): Promise<void> {
  const before = app.seen.requests;
  const sent = request(`${edge.url}/held`, { localAddress, agent: false }).end();
  sent.on('error', () => undefined);
  onTestFinished(() => void sent.destroy());
  await expect.poll(() => app.seen.requests).toBe(before + 1);
}

async function allOpen(attack: HalfOpenConnections): Promise<void> {
  await expect.poll(() => attack.opened, { timeout: 20_000 }).toBeGreaterThanOrEqual(HALF_OPEN);
}

describe('the capacity of nginx', () => {
  const capacity = (cores: number, openFiles: number) => edgeCapacity({ topology, limits, cores, openFiles });

  it('is enough for all streams, for every port of one address, and for requests', () => {
    for (const [cores, openFiles] of [
      [1, 1_048_576],
      [2, 65_536],
      [2, 20_000],
      [64, 524_288],
      [4, 4_096],
    ] as const) {
      const { workers, connections, openFiles: files } = capacity(cores, openFiles);
      expect(workers * connections).toBeGreaterThan(2 * 10_000 + 65_535 + 8_000);
      expect(workers).toBeGreaterThanOrEqual(cores);
      expect(files).toBeLessThanOrEqual(openFiles);
      expect(connections).toBeLessThan(files);
    }
    expect(capacity(2, 1_048_576).workers).toBe(2);
  });

  it('leaves half of the connections to requests where there are too few', () => {
    const { workers, connections, streams } = capacity(1, 1_024);
    expect(workers).toBe(64);
    expect(4 * streams).toBeLessThanOrEqual(workers * connections);
  });
});

it(`${HALF_OPEN} half-open connections of one address leave other addresses their requests`, async () => {
  const edge = await edgeWith({ workers: undefined, cores: 2, reusePort: process.platform === 'linux' });
  const attack = new HalfOpenConnections({
    url: edge.url,
    count: HALF_OPEN,
    rate: 20_000,
  });
  onTestFinished(() => attack.close());
  const steady = { url: edge.url, from: '127.0.0.2', perSecond: 20, paths: ['/api/tags'] };
  const { sent, failed } = await sendSteadily(steady, allOpen(attack));
  const after = await sendSteadily(steady, new Promise((resolve) => setTimeout(resolve, 1_000)));
  expect(attack.open).toBe(HALF_OPEN);
  expect([failed, after.failed]).toEqual([{}, {}]);
  expect(sent + after.sent).toBeGreaterThan(20);
});

it('accepts the largest limits that settings allow', async () => {
  const streams = { routes: ['/api/notifications/stream'], max: 1_000_000 };
  const edge = await edgeWith({
    openFiles: 1_048_576,
    limits: {
      bodyLimit: 1_073_741_824,
      requestTimeout: 3_600_000,
      shutdownTimeout: 3_600_000,
      connectionsPerAddress: 1_000_000,
      trustedProxies: ['10.0.0.0/8'],
      modules: { notifications: { streams }, media: { timeout: 3_600_000 } },
    },
  });
  expect((await getFrom(edge, '127.0.0.2', '/api/tags')).status).toBe(200);
});

it('limits the requests in flight of one address', async () => {
  const edge = await edgeWith({ limits: { ...limits, connectionsPerAddress: 3 } });
  for (let index = 0; index < 3; index += 1) await hold(edge, '127.0.0.3');
  const refused = await getFrom(edge, '127.0.0.3', '/api/tags');
  expect(refused).toBeRefused(429, { connections: ['are too many from one address'] });
  expect(refused.headers.get('retry-after')).toBe('1');
  expect((await getFrom(edge, '127.0.0.2', '/api/tags')).status).toBe(200);
});

it('lets streams take no connections that requests need', async () => {
  const openFiles = 300;
  const edge = await edgeWith({ workers: 1, openFiles });
  const { streams } = edgeCapacity({ topology, limits, cores: 1, workers: 1, openFiles });
  expect(streams).toBe(43);
  for (let index = 0; index < streams; index += 1)
    expect((await getFrom(edge, `127.0.0.${10 + index}`, '/api/notifications/stream')).status).toBe(200);
  expect(await getFrom(edge, '127.0.0.2', '/api/notifications/stream?ticket=a')).toBeRefused(503);
  expect((await getFrom(edge, '127.0.0.2', '/api/tags')).status).toBe(200);
});
