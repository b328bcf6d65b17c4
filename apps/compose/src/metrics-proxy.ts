import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ASK =
  "fetch('http://127.0.0.1:3000/metrics').then((r) => r.text()).then((t) => process.stdout.write(t))";

/** A way to the metrics of containers that no network of this machine leads to. */
export interface MetricsProxy {
  /** For each container, where `/metrics` answers. */
  readonly urls: readonly string[];
  readonly close: () => Promise<void>;
}

/** Opens it on this machine alone; each request asks inside the container. */
export async function startMetricsProxy(containers: readonly string[]): Promise<MetricsProxy> {
  const server = createServer((request, response) => {
    const id = request.url!.split('/')[1]!;
    run('docker', ['exec', id, 'node', '-e', ASK], { maxBuffer: 64_000_000 }).then(
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
