/** The baseline for uploads: `node:http` alone, which hashes what it receives and writes it to the disk. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const WRITE_BYTES = 1_048_576;
const file = join(process.env['DIR']!, 'received');

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256');
  request.on('data', (chunk: Buffer) => hash.update(chunk));
  await pipeline(request, createWriteStream(file, { highWaterMark: WRITE_BYTES }));
  response.writeHead(202).end(JSON.stringify({ media: { hash: hash.digest('hex') } }));
}

/** Only what the bench asks for. */
function metrics(response: ServerResponse): void {
  const { user, system } = process.cpuUsage();
  response.end(`process_cpu_seconds_total ${(user + system) / 1e6}\n`);
}

const server = createServer((request, response) => {
  if (request.method === 'POST') void receive(request, response);
  else metrics(response);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ msg: 'listening', url: `http://127.0.0.1:${port}` })}\n`);
});
process.once('SIGTERM', () => process.exit(0));
