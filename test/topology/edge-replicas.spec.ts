import { manifests, moduleNames as modules } from '@tearline/modules';
import { describe, expect, it } from 'vitest';
import { defaultLimits, type EdgeLimits, parseTopology } from '../../libs/topology/src/index.js';
import { sendRaw } from '../support/raw-http.js';
import { closing, type Edge, type EchoHost, echoHost, get, startEdge } from './edge.js';
import '../e2e/matchers.js';

const one = parseTopology(
  `hosts: { app: { modules: [${modules.join(', ')}], replicas: 2 } }`,
  'one.yaml',
  modules,
);

/** Two replicas of one host, and nginx before them. */
function replicas(
  work: (two: { edge: Edge; first: EchoHost; second: EchoHost }) => Promise<void>,
  { first: instead, limits }: { first?: Parameters<typeof echoHost>[1]; limits?: EdgeLimits } = {},
) {
  return closing(async (closed) => {
    const first = closed(await echoHost('first', instead));
    const second = closed(await echoHost('second'));
    const addresses = { app: [first.address, second.address] };
    const edge = await startEdge({
      topology: one,
      manifests,
      addresses,
      ...(limits && { limits }),
    });
    closed({ close: () => edge.stop() });
    await work({ edge, first, second });
  });
}

describe('nginx in front of replicas', () => {
  it('shares requests among them', () =>
    replicas(async ({ edge, first, second }) => {
      for (let index = 0; index < 20; index += 1) await get(edge, '/');
      expect([first.seen.requests, second.seen.requests]).toEqual([10, 10]);
    }));

  it('gives an idempotent request that one has dropped to the other, and leaves that one alone for a while', () =>
    replicas(
      async ({ edge, first }) => {
        for (let index = 0; index < 20; index += 1) expect((await get(edge, '/')).echo.host).toBe('second');
        expect(first.seen.requests).toBe(1);
      },
      { first: (request) => Boolean(request.socket.destroy()) },
    ));

  it('never sends a command twice', () =>
    replicas(
      async ({ edge, first, second }) => {
        const statuses: number[] = [];
        for (let index = 0; index < 4; index += 1)
          statuses.push((await sendRaw(edge.url, { method: 'POST', path: '/api/users', body: '{}' })).status);
        expect(statuses.filter((status) => status === 502)).toHaveLength(1);
        expect([first.seen.requests, second.seen.requests]).toEqual([1, 3]);
      },
      { first: (request) => Boolean(request.socket.destroy()) },
    ));

  it('sends a command to the other when one does not even listen', () =>
    replicas(async ({ edge, first }) => {
      await first.close();
      for (let index = 0; index < 4; index += 1) {
        const reply = await sendRaw(edge.url, { method: 'POST', path: '/api/users', body: '{"a":1}' });
        expect(reply.body).toMatchObject({ host: 'second', body: '{"a":1}' });
      }
      const again = await echoHost('first', undefined, Number(first.address.split(':')[1]));
      try {
        await expect.poll(async () => (await get(edge, '/')).echo.host, { timeout: 10_000 }).toBe('first');
      } finally {
        await again.close();
      }
    }));

  it('passes on a 503 and keeps the server that answered it', () =>
    replicas(
      async ({ edge }) => {
        const answers: string[] = [];
        for (let index = 0; index < 6; index += 1) {
          const { status, echo } = await get(edge, '/');
          answers.push(status === 200 ? echo.host : `${status}`);
        }
        expect(answers.toSorted()).toEqual(['503', '503', '503', 'second', 'second', 'second']);
      },
      {
        first: (_request, response) => {
          response.writeHead(503).end();
          return true;
        },
      },
    ));

  it('waits for a silent one a while; then it asks the other, or gives up when that must not be', () =>
    replicas(
      async ({ edge, first }) => {
        const command = await sendRaw(edge.url, { method: 'POST', path: '/api/users', body: '{}' });
        expect(command).toBeRefused(504, { server: ['deadline exceeded'] });
        await expect
          .poll(async () => (await get(edge, '/')) && first.seen.requests, { timeout: 10_000 })
          .toBe(2);
        const replies = [await get(edge, '/'), await get(edge, '/'), await get(edge, '/')];
        expect(replies.map(({ echo }) => echo.host)).toEqual(['second', 'second', 'second']);
        expect(first.seen.requests).toBe(2);
      },
      { first: () => true, limits: { ...defaultLimits, requestTimeout: 0 } },
    ));

  it('retries ejected servers when no other is left', () =>
    replicas(async ({ edge, first, second }) => {
      await first.close();
      for (let index = 0; index < 4; index += 1) expect((await get(edge, '/')).echo.host).toBe('second');
      const again = await echoHost('first', undefined, Number(first.address.split(':')[1]));
      await second.close();
      try {
        for (let index = 0; index < 4; index += 1) {
          const reply = await sendRaw(edge.url, { method: 'POST', path: '/api/users', body: '{}' });
          expect(reply.body).toMatchObject({ host: 'first' });
        }
      } finally {
        await again.close();
      }
    }));

  it('answers 502 without servers', () =>
    replicas(async ({ edge, first, second }) => {
      await Promise.all([first.close(), second.close()]);
      const reply = await get(edge, '/');
      expect(reply).toBeRefused(502, { server: ['unavailable'] });
      expect(reply.headers.get('retry-after')).toBe('1');
    }));
});
