import { setTimeout as pause } from 'node:timers/promises';
import type { HttpRequest } from './http-request.js';

const BOUNDARY = 'tearline-measure';
const HEAD = Buffer.from(
  `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="picture"\r\n` +
    'content-type: application/octet-stream\r\n\r\n',
);
const TAIL = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);

/** Returns the upload of a picture, or of a new one each time. */
export function uploadOf(token: string, picture: Buffer | (() => Buffer)): HttpRequest {
  return {
    method: 'POST',
    path: '/api/media',
    token,
    contentType: `multipart/form-data; boundary=${BOUNDARY}`,
    body: () => Buffer.concat([HEAD, typeof picture === 'function' ? picture() : picture, TAIL]),
  };
}

/** Waits until the variants of all pictures are made, the last first. */
export async function untilProcessed(url: string, hashes: readonly string[]): Promise<void> {
  for (const hash of hashes.toReversed()) while (await isPending(`${url}/api/media/${hash}`)) await pause(20);
}

async function isPending(url: string): Promise<boolean> {
  const { media } = (await (await fetch(url)).json()) as { media: { status: string } };
  return media.status === 'pending';
}
