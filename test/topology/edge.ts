import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openFileLimit } from '@tearline/host';
import { findNginx, freePorts, nginxCommand } from '@tearline/process';
import { type NginxOptions, nginxConfig } from '../../libs/topology/src/index.js';
import { sendRaw } from '../support/raw-http.js';

/** What an echo host was asked, as it answers it. */
export interface Echo {
  host: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** A tiny host. */
export interface EchoHost {
  readonly address: string;
  readonly server: Server;
  /** How many requests and connections it has got. */
  readonly seen: { requests: number; connections: number };
  /** Breaks off whatever is under way; once closed it stays so. */
  close(): Promise<void>;
}

/** Answers a request itself and returns true, or returns false. */
type Instead = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A host that answers with the request it received, unless `instead` answers. */
export async function echoHost(name: string, instead: Instead = () => false, port = 0): Promise<EchoHost> {
  const seen = { requests: 0, connections: 0 };
  const server = createServer((request, response) => {
    seen.requests += 1;
    if (instead(request, response)) return;
    void echo(name, request).then((body) => {
      response.setHeader('content-type', 'application/json');
      response.setHeader('x-request-id', String(request.headers['x-request-id']));
      response.end(JSON.stringify(body));
    });
  });
  server.on('connection', () => {
    seen.connections += 1;
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    seen,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server.close(), 'close');
      server.closeAllConnections();
      await closed;
    },
  };
}

async function echo(host: string, request: IncomingMessage): Promise<Echo> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = '', url = '', headers } = request;
  return {
    host,
    method,
    url,
    headers: headers as Record<string, string>,
    body: Buffer.concat(chunks).toString(),
  };
}

/** An nginx in front of some hosts. */
export interface Edge {
  readonly url: string;
  readonly configuration: string;
  stop(): Promise<void>;
}

export async function startEdge(
  options: Omit<NginxOptions, 'listen' | 'cores' | 'openFiles'>,
): Promise<Edge> {
  const nginx = await findNginx(process.env['PATH']);
  const folder = await mkdtemp(join(tmpdir(), 'edge-'));
  await chmod(folder, 0o711);
  const [port] = await freePorts(1);
  const configuration = nginxConfig({
    workers: 1,
    cores: 1,
    openFiles: openFileLimit(),
    ...options,
    listen: `127.0.0.1:${port}`,
  });
  const [program, ...args] = await nginxCommand(nginx, folder, configuration);
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'pipe'] });
  const lines: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const ended = once(child, 'close');
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${lines.join('')}`);
    await pause(10);
  }
  return {
    url,
    configuration,
    stop: async () => {
      child.kill('SIGQUIT');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** Asks what nginx answers by itself, so that no host counts it. */
async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/metrics`).then(
    ({ status }) => status === 404,
    () => false,
  );
}

/** Closes what the work has opened, the latest first. */
export async function closing<T>(
  work: (closed: <C extends { close(): Promise<void> }>(one: C) => C) => Promise<T>,
): Promise<T> {
  const open: { close(): Promise<void> }[] = [];
  try {
    return await work((one) => {
      open.push(one);
      return one;
    });
  } finally {
    for (const one of open.toReversed()) await one.close();
  }
}

/** Sends a GET without normalising the path; `echo` is the request as the echo host received it. */
export const get = async (edge: Pick<Edge, 'url'>, path: string, headers: Record<string, string> = {}) => {
  const reply = await sendRaw(edge.url, { method: 'GET', path, headers });
  return { ...reply, echo: reply.body as Echo };
};
