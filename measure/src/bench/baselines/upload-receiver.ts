/** The baseline for uploads: `node:http` alone, which hashes what it receives and writes it to the disk. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { listen } from './listen.js';

const WRITE_BYTES = 1_048_576;
const file = join(process.env['DIR']!, 'received');

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256');
  request.on('data', (chunk: Buffer) => hash.update(chunk));
  await pipeline(request, createWriteStream(file, { highWaterMark: WRITE_BYTES }));
  response.writeHead(202).end(JSON.stringify({ media: { hash: hash.digest('hex') } }));
}

listen((request, response) => {
  if (request.method === 'POST') void receive(request, response);
  else response.end();
});
process.once('SIGTERM', () => process.exit(0));
