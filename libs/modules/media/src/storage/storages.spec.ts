import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileStorage } from './file-storage.js';
import { S3Storage } from './s3-storage.js';
import type { Storage } from './storage.js';

let dir: string;
let s3: ChildProcess;
let s3Url: string;

const S3_SERVER = `
  import S3rver from '@20minutes/s3rver';
  const server = new S3rver({
    address: '127.0.0.1', port: 0, silent: true,
    directory: process.argv[1], configureBuckets: [{ name: 'pictures' }],
  });
  process.send((await server.run()).port);
`;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tearline-storage-'));
  // The server numbers its pages with a cipher that OpenSSL has put aside.
  const options = ['--openssl-legacy-provider', '--input-type=module', '-e', S3_SERVER, join(dir, 's3')];
  s3 = spawn(process.execPath, options, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [port] = (await once(s3, 'message')) as [number];
  s3Url = `http://127.0.0.1:${port}/pictures`;
});

afterAll(async () => {
  const exited = once(s3, 'exit');
  s3.kill();
  await exited;
  await rm(dir, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

const account = { region: 'us-east-1', accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
const kinds: [string, (name: string) => Storage][] = [
  ['a folder', (name) => new FileStorage(join(dir, name))],
  ['a bucket', (name) => new S3Storage({ url: `${s3Url}/${name}`, ...account, pageSize: 3 })],
];

describe.each(kinds)('%s', (kind, openStorage) => {
  const open = () => openStorage(`${kind.slice(2)}-${Math.random().toString(36).slice(2)}`);

  async function put(storage: Storage, key: string, content: string | Buffer): Promise<void> {
    const path = join(dir, `source-${Math.random()}`);
    await writeFile(path, content);
    await storage.put(key, path);
    await rm(path, { force: true });
  }

  const read = async (storage: Storage, key: string, range?: { start: number; end: number }) => {
    const stream = await storage.get(key, range);
    return stream && (await buffer(stream)).toString();
  };

  async function keys(storage: Storage, prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of storage.list(prefix)) found.push(key);
    return found.toSorted();
  }

  it('gives back what was put, whole or in part', async () => {
    const storage = open();
    await put(storage, 'ab/cd/one', '0123456789');
    expect(await read(storage, 'ab/cd/one')).toBe('0123456789');
    expect(await read(storage, 'ab/cd/one', { start: 3, end: 5 })).toBe('345');
    expect(await storage.head('ab/cd/one')).toBe(10);
  });

  it('has large files, and several readers of one', async () => {
    const storage = open();
    const content = Buffer.alloc(10 * 1_048_576, 'large');
    await put(storage, 'ab/cd/large', content);
    const readers = await Promise.all([1, 2, 3].map(() => storage.get('ab/cd/large')));
    for (const copy of await Promise.all(readers.map((reader) => buffer(reader!))))
      expect(copy.equals(content)).toBe(true);
  });

  it('says what is not there', async () => {
    const storage = open();
    expect(await storage.get('ab/cd/none')).toBeUndefined();
    expect(await storage.head('ab/cd/none')).toBeUndefined();
    expect(await keys(storage, 'ab/')).toEqual([]);
    await storage.delete(['ab/cd/none']);
  });

  it('takes the same file again', async () => {
    const storage = open();
    await put(storage, 'ab/cd/one', 'first');
    await put(storage, 'ab/cd/one', 'second');
    expect(await read(storage, 'ab/cd/one')).toBe('second');
  });

  it('lists a folder of it, with the time of each file, over as many pages as it takes', async () => {
    const storage = open();
    const names = Array.from({ length: 8 }, (_, index) => `ab/c${index % 2}/${index}.x`);
    for (const name of names) await put(storage, name, 'x');
    await put(storage, 'ac/cd/other', 'x');
    expect(await keys(storage, 'ab/')).toEqual(names.toSorted());
    for await (const { modified } of storage.list('ab/'))
      expect(Math.abs(modified.getTime() - Date.now())).toBeLessThan(60_000);
  });

  it('deletes', async () => {
    const storage = open();
    for (const key of ['ab/cd/one', 'ab/cd/two', 'ab/cd/three']) await put(storage, key, key);
    await storage.delete(['ab/cd/one', 'ab/cd/three', 'ab/cd/none']);
    expect(await keys(storage, 'ab/')).toEqual(['ab/cd/two']);
  });
});

it('a bucket that is away, or is not ours, is unavailable', async () => {
  const away = new S3Storage({ url: `http://127.0.0.1:${await freePort()}/pictures`, ...account });
  await expect(away.get('ab/cd/one')).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  const foreign = new S3Storage({ url: s3Url, ...account, secretAccessKey: 'wrong' });
  await expect(foreign.get('ab/cd/one')).rejects.toMatchObject({ code: 'unavailable' });
});

it('a folder that cannot be written to is unavailable, and holds no half of a file', async () => {
  const folder = join(dir, 'blocked');
  await mkdir(folder);
  await writeFile(join(folder, 'ab'), 'where a folder should be');
  const path = join(dir, 'source');
  await writeFile(path, 'content');
  await expect(new FileStorage(folder).put('ab/cd/one', path)).rejects.toMatchObject({ code: 'unavailable' });
  expect(await readdir(folder)).toEqual(['ab']);
  expect(existsSync(path)).toBe(true);
});
