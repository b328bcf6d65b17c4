import { once } from 'node:events';
import { request } from 'node:http';
import { manifests, moduleNames as modules } from '@tearline/modules';
import { describe, expect, it } from 'vitest';
import {
  type Balance,
  defaultLimits,
  type NginxOptions,
  parseTopology,
} from '../../libs/topology/src/index.js';
import { closing, type Edge, type EchoHost, echoHost, get, startEdge } from './edge.js';

const topologyWith = (balance: Balance, replicas: number) =>
  parseTopology(
    `hosts: { app: { modules: ['*'], replicas: ${replicas}, balance: ${balance} } }`,
    'one.yaml',
    modules,
  );

interface Balanced {
  readonly edge: Edge;
  readonly hosts: readonly EchoHost[];
}

/** Replicas of one host, and nginx in front of them. */
function balanced(
  balance: Balance,
  work: (running: Balanced) => Promise<void>,
  {
    replicas = 3,
    instead,
    ...options
  }: Partial<NginxOptions> & { replicas?: number; instead?: Parameters<typeof echoHost>[1] } = {},
) {
  return closing(async (closed) => {
    const hosts: EchoHost[] = [];
    for (let number = 1; number <= replicas; number += 1)
      hosts.push(closed(await echoHost(`${number}`, instead)));
    const addresses = { app: hosts.map(({ address }) => address) };
    const edge = await startEdge({
      topology: topologyWith(balance, replicas),
      manifests,
      addresses,
      ...options,
    });
    closed({ close: () => edge.stop() });
    await work({ edge, hosts });
  });
}

/** A browser: sends the cookies back that it gets. */
class Browser {
  cookie: string | undefined;
  setCookies: string[] = [];

  constructor(private readonly edge: Pick<Edge, 'url'>) {}

  /** Returns the replica that answers. */
  async visit(path = '/', headers: Record<string, string> = {}): Promise<string> {
    const cookie: Record<string, string> = this.cookie === undefined ? {} : { cookie: this.cookie };
    const { echo, headers: received } = await get(this.edge, path, { ...cookie, ...headers });
    this.setCookies.push(...received.getSetCookie());
    for (const set of received.getSetCookie()) this.cookie = set.split(';')[0]!;
    return echo.host;
  }

  async visits(times: number): Promise<string[]> {
    const replicas: string[] = [];
    for (let time = 0; time < times; time += 1) replicas.push(await this.visit());
    return replicas;
  }
}

const browsers = (edge: Edge, count: number) => Array.from({ length: count }, () => new Browser(edge));
const homesOf = async (all: readonly Browser[]) => {
  const homes: string[] = [];
  for (const browser of all) homes.push(await browser.visit());
  return homes;
};

describe('ten heavy users', () => {
  /** Returns the requests of each replica when ten users of some networks send twenty each. */
  const loadOf = async ({ edge, hosts }: Balanced, addressOf: (user: number) => string) => {
    const users = browsers(edge, 10);
    for (let time = 0; time < 20; time += 1)
      for (const [user, browser] of users.entries())
        await browser.visit('/', { 'x-forwarded-for': addressOf(user) });
    return hosts.map(({ seen }) => seen.requests);
  };
  const limits = { ...defaultLimits, trustedProxies: ['127.0.0.1/32'] };
  const own = (user: number) => `203.0.113.${user}`;
  const sum = (loads: readonly number[]) => loads.reduce((total, load) => total + load, 0);

  it('are shared evenly by least_conn', () =>
    balanced('least_conn', async (running) => expect(await loadOf(running, own)).toEqual([100, 100]), {
      replicas: 2,
      limits,
    }));

  it.each(['cookie', 'ip_hash'] as const)('are whole loads of one replica each by %s', (balance) =>
    balanced(
      balance,
      async (running) => {
        const loads = await loadOf(running, own);
        expect(loads.map((load) => load % 20)).toEqual([0, 0]);
        expect(sum(loads)).toBe(200);
      },
      { replicas: 2, limits },
    ),
  );

  it('are one load by ip_hash when they have one address', () =>
    balanced(
      'ip_hash',
      async (running) =>
        expect((await loadOf(running, () => '203.0.113.1')).toSorted((one, other) => one - other)).toEqual([
          0, 200,
        ]),
      { replicas: 2, limits },
    ));
});

describe('balance: cookie', () => {
  it('sends all requests of a browser to one replica, and browsers to all replicas', () =>
    balanced('cookie', async ({ edge }) => {
      const all = browsers(edge, 40);
      const homes = await homesOf(all);
      expect(new Set(homes)).toEqual(new Set(['1', '2', '3']));
      for (const [index, browser] of all.entries())
        expect(new Set(await browser.visits(3))).toEqual(new Set([homes[index]]));
      expect(all.flatMap(({ setCookies }) => setCookies)).toHaveLength(40);
    }));

  it('sets a cookie that no script reads and no other site sends, and over TLS alone behind TLS', () =>
    balanced(
      'cookie',
      async ({ edge }) => {
        const plain = new Browser(edge);
        await plain.visit();
        expect(plain.setCookies).toEqual([
          expect.stringMatching(/^tearline_route=[0-9a-f]{32}; Path=\/; HttpOnly; SameSite=Lax$/),
        ]);
        const secure = new Browser(edge);
        await secure.visit('/', { 'x-forwarded-proto': 'https' });
        expect(secure.setCookies).toEqual([expect.stringMatching(/; SameSite=Lax; Secure$/)]);
      },
      { limits: { ...defaultLimits, trustedProxies: ['127.0.0.1/32'] } },
    ));

  it('replaces a cookie that it has not made, and takes it for nothing else', () =>
    balanced('cookie', async ({ edge }) => {
      for (const value of [
        '',
        '1',
        'app',
        '../etc',
        `${'a'.repeat(32)}b`,
        'A'.repeat(32),
        '127.0.0.1:1',
        '"x"',
      ]) {
        const browser = new Browser(edge);
        browser.cookie = `tearline_route=${value}`;
        const [home, ...others] = await browser.visits(3);
        expect(browser.setCookies).toHaveLength(1);
        expect(browser.cookie).toMatch(/^tearline_route=[0-9a-f]{32}$/);
        expect(others).toEqual([home, home]);
      }
    }));

  it.each([
    ['public', { 'cache-control': 'public, max-age=60' }],
    ['shared', { 'cache-control': 's-maxage=5' }],
    ['tagged for an edge cache', { 'surrogate-key': 'articles' }],
  ])('sets no cookie with a response that is %s', (_, headers) =>
    balanced(
      'cookie',
      async ({ edge }) => {
        expect((await get(edge, '/')).headers.getSetCookie()).toEqual([]);
      },
      {
        instead: (_request, response) => {
          response.writeHead(200, { 'content-type': 'application/json', ...headers }).end('{}');
          return true;
        },
      },
    ),
  );

  it('moves the browsers of a killed replica, and no others, to replicas that they stay with', () =>
    balanced('cookie', async ({ edge, hosts }) => {
      const all = browsers(edge, 40);
      const before = await homesOf(all);
      await hosts[0]!.close();
      const after = await homesOf(all);
      const moved = after.filter((home, index) => home !== before[index]);
      expect(moved).toHaveLength(before.filter((home) => home === '1').length);
      expect(new Set(after)).toEqual(new Set(['2', '3']));
      expect(await homesOf(all)).toEqual(after);
    }));

  it('moves few browsers to a replica that is added', () =>
    closing(async (closed) => {
      const hosts: EchoHost[] = [];
      for (const name of ['1', '2', '3']) hosts.push(closed(await echoHost(name)));
      const addresses = hosts.map(({ address }) => address);
      const edgeOf = async (replicas: number) => {
        const app = addresses.slice(0, replicas);
        const edge = await startEdge({
          topology: topologyWith('cookie', replicas),
          manifests,
          addresses: { app },
        });
        closed({ close: () => edge.stop() });
        return edge;
      };
      const [two, three] = [await edgeOf(2), await edgeOf(3)];
      const all = browsers(two, 60);
      const before = await homesOf(all);
      const later = all.map(({ cookie }) => Object.assign(new Browser(three), { cookie }));
      const after = await homesOf(later);
      const moved = after.filter((home, index) => home !== before[index]);
      expect(new Set(moved)).toEqual(new Set(['3']));
      expect(moved.length).toBeLessThan(40);
    }));

  it('ejects no replica for one request that all of them drop', () =>
    balanced(
      'cookie',
      async ({ edge }) => {
        expect((await get(edge, '/poison')).status).toBe(502);
        for (const browser of browsers(edge, 10)) expect(await browser.visit()).toMatch(/^[123]$/);
      },
      { instead: ({ url, socket }) => url === '/poison' && Boolean(socket.destroy()) },
    ));
});

describe('balance: ip_hash', () => {
  /** Sends requests from an address of this machine. */
  const from = async (edge: Edge, localAddress: string): Promise<string> => {
    const sent = request(edge.url, { localAddress });
    sent.end();
    const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer>];
    let body = '';
    for await (const chunk of response) body += chunk.toString();
    return (JSON.parse(body) as { host: string }).host;
  };

  it('sends all requests from one address to one replica, and addresses of one network to all', () =>
    balanced('ip_hash', async ({ edge }) => {
      const homes = new Set<string>();
      for (let last = 1; last <= 60; last += 1) {
        const home = await from(edge, `127.0.0.${last}`);
        expect(await from(edge, `127.0.0.${last}`)).toBe(home);
        homes.add(home);
      }
      expect(homes).toEqual(new Set(['1', '2', '3']));
    }));

  it('goes by the address that a trusted proxy forwards, and by no other', () =>
    balanced(
      'ip_hash',
      async ({ edge }) => {
        const through = async (forwarded: string) =>
          (await get(edge, '/', { 'x-forwarded-for': forwarded })).echo.host;
        const homes = new Set<string>();
        for (let last = 1; last <= 60; last += 1) {
          const home = await through(`203.0.113.${last}`);
          // What a client claims stands before what the proxy has seen.
          expect(await through(`198.51.100.${last}, 203.0.113.${last}`)).toBe(home);
          homes.add(home);
        }
        expect(homes).toEqual(new Set(['1', '2', '3']));
        // The addresses of one IPv6 network are one client's.
        const network = await Promise.all(
          ['1', '2', 'ff', 'abcd:1'].map((host) => through(`2001:db8::${host}`)),
        );
        expect(new Set(network).size).toBe(1);
      },
      { limits: { ...defaultLimits, trustedProxies: ['127.0.0.1/32'] } },
    ));

  it('without trusted proxies ignores what a client claims', () =>
    balanced('ip_hash', async ({ edge }) => {
      const claimed = Array.from({ length: 10 }, (_, last) => ({ 'x-forwarded-for': `203.0.113.${last}` }));
      const homes = new Set<string>();
      for (const headers of claimed) homes.add((await get(edge, '/', headers)).echo.host);
      expect(homes.size).toBe(1);
    }));
});
