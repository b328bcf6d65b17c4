import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** All images have bash, and not all Node.js. */
const FETCH_METRICS =
  "exec 3<>/dev/tcp/127.0.0.1/3000; printf 'GET /metrics HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3; sed '1,/^\\r$/d' <&3";

/** Serves the metrics of containers that this machine cannot reach over a network. */
export interface MetricsProxy {
  /** The base URL of `/metrics` for each container. */
  readonly urls: readonly string[];
  readonly close: () => Promise<void>;
}

/** Starts the proxy on the loopback address. Each request asks inside the container. */
export async function startMetricsProxy(containers: readonly string[]): Promise<MetricsProxy> {
  const server = createServer((request, response) => {
    const id = request.url!.split('/')[1]!;
    run('docker', ['exec', id, 'bash', '-c', FETCH_METRICS], { maxBuffer: 64_000_000 }).then(
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
