import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FETCH_METRICS =
  "fetch('http://127.0.0.1:3000/metrics').then((r) => r.text()).then((t) => process.stdout.write(t))";

/** Serves the metrics of containers that this machine cannot reach over a network. */
export interface MetricsProxy {
  /** The base URL of `/metrics` for each container. */
  readonly urls: readonly string[];
  readonly close: () => Promise<void>;
}

/** Starts the proxy on the loopback address. Each request runs a `fetch` inside the container. */
export async function startMetricsProxy(containers: readonly string[]): Promise<MetricsProxy> {
  const server = createServer((request, response) => {
    const id = request.url!.split('/')[1]!;
    run('docker', ['exec', id, 'node', '-e', FETCH_METRICS], { maxBuffer: 64_000_000 }).then(
      ({ stdout }) => response.setHeader('content-type', 'text/plain; charset=utf-8').end(stdout),
      (error: unknown) => response.writeHead(502).end(String(error)),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    urls: containers.map((id) => `http://127.0.0.1:${port}/${id}`),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
