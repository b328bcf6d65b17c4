import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { manifests } from '@tearline/modules';
import { findVarnish, freePorts, varnishCommand } from '@tearline/process';
import { EdgeCache } from '@tearline/cache';
import { vcl, type VarnishOptions } from '../../libs/topology/src/index.js';
import { sendRaw } from '../support/raw-http.js';

export const SECRET = 'secret of the tests';
const PURGING_MODULES = manifests.filter(({ purges }) => purges).map(({ name }) => name);

/** Answers a request to the origin. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Returns the headers of a page that shared caches may store. */
export const shared = (
  keys: string,
  policy = 'max-age=600, stale-while-revalidate=10, stale-if-error=86400',
) => ({
  'content-type': 'text/plain',
  'cache-control': 'public, no-cache',
  'cdn-cache-control': policy,
  'surrogate-key': keys,
});

/** An origin that a test scripts. */
export class Origin {
  readonly requests: IncomingMessage[] = [];
  answer: Answer = (request, response) => {
    response.writeHead(200, shared('page'));
    response.end(JSON.stringify({ url: request.url }));
  };
  readonly #server = createServer((request, response) => {
    if (request.url === '/health/ready') {
      response.end();
    } else {
      this.requests.push(request);
      this.answer(request, response);
    }
  });
  #port = 0;

  async start(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server.close(), 'close');
    this.#server.closeAllConnections();
    await closed;
  }
}

/** A Varnish in front of an origin. */
export interface TestEdgeCache {
  readonly url: string;
  readonly purgeUrl: string;
  readonly origin: Origin;
  readonly purges: EdgeCache;
  /** Lets it trust its pages for so long. */
  trust(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startEdgeCache(options: Partial<VarnishOptions> = {}): Promise<TestEdgeCache> {
  const varnishd = await findVarnish(process.env['PATH']);
  const origin = new Origin();
  await origin.start();
  const folder = await mkdtemp(join(tmpdir(), 'edge-cache-'));
  await chmod(folder, 0o711);
  const [listen, purges] = (await freePorts(2)).map((port) => `127.0.0.1:${port}`) as [string, string];
  const configuration = vcl({
    topology: 'test',
    manifests,
    origin: origin.address,
    corsOrigins: '*',
    maxStaleness: 10,
    ...options,
  });
  const [program, ...args] = await varnishCommand(varnishd, folder, configuration, {
    listen,
    purges,
    memoryMib: 32,
  });
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], CDN_PURGE_SECRET: SECRET },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output += text.toString()));
  const ended = once(child, 'close');
  const [url, purgeUrl] = [`http://${listen}`, `http://${purges}`];
  while (
    !(await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`varnishd did not start: ${output}`);
    await pause(20);
  }
  const purger = new EdgeCache(purgeUrl, SECRET);
  const trust = async (seconds: number) => {
    for (const module of PURGING_MODULES) await purger.trust(module, seconds);
  };
  await trust(3_600);
  return {
    url,
    purgeUrl,
    origin,
    purges: purger,
    trust,
    stop: async () => {
      purger.close();
      child.kill('SIGTERM');
      await ended;
      await origin.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What a reader sees. */
export interface Seen {
  readonly status: number;
  readonly text: string;
  /** `X-Cache`. */
  readonly from: string | null;
  readonly headers: Headers;
}

/** Sends a GET, or another request, as it is. */
export async function read(
  { url }: Pick<TestEdgeCache, 'url'>,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Seen> {
  const reply = await sendRaw(url, { method, path, headers });
  return {
    status: reply.status,
    text: reply.text,
    from: reply.headers.get('x-cache'),
    headers: reply.headers,
  };
}
