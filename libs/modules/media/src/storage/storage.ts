import type { Readable } from 'node:stream';

/** A part of a file: bytes from `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What is known of a stored file without reading it. */
export interface StoredFile {
  readonly key: string;
  readonly modified: Date;
}

/**
 * Where files are kept, each under a key of `/`-separated parts and never changed. That the place is away is told as a
 * SeamError `unavailable`.
 */
export interface Storage {
  /** Keeps the file at `path`, whole or not at all, for good when it resolves; the path may be gone then. */
  put(key: string, path: string): Promise<void>;
  /** A stream of the file or of a part of it; undefined when there is none. */
  get(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** The size in bytes; undefined when there is none. */
  head(key: string): Promise<number | undefined>;
  /** Deletes these files; those that are not there do not matter. */
  delete(keys: readonly string[]): Promise<void>;
  /** All files whose key begins with `prefix`, which ends at a `/`. */
  list(prefix: string): AsyncIterable<StoredFile>;
}

/** Injects where files are kept. */
export const STORAGE = Symbol('media storage');
