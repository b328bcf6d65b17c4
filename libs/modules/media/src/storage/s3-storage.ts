import { openAsBlob } from 'node:fs';
import { Readable } from 'node:stream';
import { SeamError } from '@tearline/seam';
import { AwsClient } from 'aws4fetch';
import type { ByteRange, Storage, StoredFile } from './storage.js';

/** A bucket, optionally with a prefix. */
export interface S3Options {
  /** E.g. `https://s3.example.com/bucket/folder`, or `https://bucket.s3.eu-central-1.amazonaws.com`. */
  url: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Files per list request; 1,000 by default, which is also the maximum. */
  pageSize?: number;
}

const RESPONSE_TIMEOUT_MS = 30_000;

/** Stores files in a bucket of an S3-compatible service. */
export class S3Storage implements Storage {
  readonly #client: AwsClient;
  readonly #bucket: string;
  readonly #folder: string;
  readonly #pageSize: number;

  constructor({ url, region, accessKeyId, secretAccessKey, pageSize = 1_000 }: S3Options) {
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 2 });
    const { origin, hostname, pathname } = new URL(url);
    const parts = pathname.split('/').filter((part) => part !== '');
    // Amazon's virtual-hosted URLs have the bucket in the host name.
    const bucket = /^.+\.s3[.-][\w.-]*amazonaws\.com$/.test(hostname) ? [] : parts.splice(0, 1);
    this.#bucket = [origin, ...bucket].join('/');
    this.#folder = parts.map((part) => `${part}/`).join('');
    this.#pageSize = pageSize;
  }

  async put(key: string, path: string): Promise<void> {
    // A file's blob is streamed, and has the length that S3 requires.
    const body = await openAsBlob(path);
    await this.sendForKey('PUT', key, { body });
  }

  async get(key: string, range?: ByteRange): Promise<Readable | undefined> {
    const headers = range && { range: `bytes=${range.start}-${range.end}` };
    const { status, body } = await this.sendForKey('GET', key, { ...(headers && { headers }) });
    if (status === 404) return undefined;
    return body === null ? Readable.from([]) : Readable.fromWeb(body);
  }

  async head(key: string): Promise<number | undefined> {
    const { status, headers } = await this.sendForKey('HEAD', key);
    return status === 404 ? undefined : Number(headers.get('content-length'));
  }

  async delete(keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map(async (key) => (await this.sendForKey('DELETE', key)).body?.cancel()));
  }

  async *list(prefix: string): AsyncIterable<StoredFile> {
    const skip = this.#folder.length;
    let after = '';
    for (;;) {
      const query = new URLSearchParams({
        'list-type': '2',
        'max-keys': `${this.#pageSize}`,
        prefix: this.#folder + prefix,
        ...(after && { 'start-after': after }),
      });
      const page = await (await this.send('GET', `${this.#bucket}?${query.toString()}`)).text();
      // Keys have no characters that XML escapes.
      for (const [, key, modified] of page.matchAll(ENTRY)) {
        after = key!;
        yield { key: key!.slice(skip), modified: new Date(modified!) };
      }
      if (!page.includes('<IsTruncated>true</IsTruncated>')) return;
    }
  }

  private sendForKey(method: string, key: string, init: RequestInit = {}): Promise<Response> {
    return this.send(method, `${this.#bucket}/${this.#folder}${key}`, init);
  }

  private async send(method: string, url: string, init: RequestInit = {}): Promise<Response> {
    // Limits the time to the response's headers, not the time to read its body.
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), RESPONSE_TIMEOUT_MS);
    let response: Response;
    try {
      response = await this.#client.fetch(url, { ...init, method, signal: timeout.signal });
    } catch (error) {
      throw new SeamError('unavailable', { cause: error });
    } finally {
      clearTimeout(timer);
    }
    if (response.ok || (response.status === 404 && method !== 'PUT')) return response;
    const text = await response.text().catch(() => '');
    const cause = new Error(`S3 answered ${response.status} to ${method}: ${text.slice(0, 500)}`);
    throw new SeamError('unavailable', { cause });
  }
}

const ENTRY = /<Contents>.*?<Key>([^<]+)<\/Key>.*?<LastModified>([^<]+)<\/LastModified>.*?<\/Contents>/gs;
