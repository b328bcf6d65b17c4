import type { Readable } from 'node:stream';

/** A part of a file: bytes from `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A listed file. */
export interface StoredFile {
  readonly key: string;
  readonly modified: Date;
}

/**
 * Stores immutable files under keys of `/`-separated parts. Methods throw SeamError `unavailable` when the storage is not
 * reachable.
 */
export interface Storage {
  /** Stores the file at `path` atomically and durably; may move it. */
  put(key: string, path: string): Promise<void>;
  /** Returns a stream of the file or of a part of it; undefined when there is none. */
  get(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** Returns the size in bytes; undefined when there is none. */
  head(key: string): Promise<number | undefined>;
  /** Deletes these files; unknown keys are ignored. */
  delete(keys: readonly string[]): Promise<void>;
  /** Lists the files whose key starts with `prefix`, which ends with a `/`. */
  list(prefix: string): AsyncIterable<StoredFile>;
}

/** Injection token of the {@link Storage}. */
export const STORAGE = Symbol('media storage');
