import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { SeamError } from '@tearline/seam';
import type { ByteRange, Storage, StoredFile } from './storage.js';

/** Stores files in a folder, which several processes (or machines, over a network file system) may share. */
export class FileStorage implements Storage {
  /** @param folder on the same file system as the files that `put` moves */
  constructor(private readonly folder: string) {}

  async put(key: string, path: string): Promise<void> {
    const target = join(this.folder, key);
    await orUnavailable(async () => {
      await mkdir(dirname(target), { recursive: true });
      await sync(path);
      await rename(path, target);
      await sync(dirname(target));
    });
  }

  async get(key: string, range?: ByteRange): Promise<Readable | undefined> {
    const handle = await orAbsent(() => open(join(this.folder, key)));
    return handle && createReadStream('', { fd: handle, ...range });
  }

  async head(key: string): Promise<number | undefined> {
    return (await orAbsent(() => stat(join(this.folder, key))))?.size;
  }

  async delete(keys: readonly string[]): Promise<void> {
    await orUnavailable(async () => {
      for (const key of keys) await rm(join(this.folder, key), { force: true });
    });
  }

  async *list(prefix: string): AsyncIterable<StoredFile> {
    const entries = await orAbsent(() => readdir(join(this.folder, prefix), { withFileTypes: true }));
    for (const entry of entries ?? []) {
      const key = `${prefix}${entry.name}`;
      if (entry.isDirectory()) yield* this.list(`${key}/`);
      else {
        const found = await orAbsent(() => stat(join(this.folder, key)));
        if (found) yield { key, modified: found.mtime };
      }
    }
  }
}

/** Flushes a file or a folder's entries to disk. */
async function sync(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function orAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  return orUnavailable(async () => {
    try {
      return await work();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  });
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new SeamError('unavailable', { cause: error });
  }
}
