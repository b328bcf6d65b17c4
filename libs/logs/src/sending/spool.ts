import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type LineRange, nameOf, rangeOf } from '../stream/line-range.js';
import type { LineBatch } from './numbered-lines.js';

/** The folder of a process that has not touched it for this long is abandoned. */
const ABANDONED_AFTER_MS = 60_000;

/** A batch in a file, until the stream has it. */
export interface SpooledBatch extends LineRange {
  readonly bytes: number;
}

/**
 * Batches in files, one folder for each process, in a folder that several processes may share. A batch is there before it is sent, and is deleted
 * when the stream has it, so it survives the process. Batches of a process that has ended are adopted by another one. It may
 * then be sent twice; the store knows what it has.
 */
export class Spool {
  readonly #folder: string;
  #ownBytes = 0;
  #otherBytes = 0;

  /** @param process the folder's name */
  constructor(
    private readonly dir: string,
    process: string,
    private readonly maxBytes: number,
  ) {
    this.#folder = join(dir, process);
  }

  /** Bytes that this process has to send. */
  get bytes(): number {
    return this.#ownBytes;
  }

  /** @throws Error when the disk does not take it, or the spool is full */
  add(batch: LineBatch): void {
    const { length } = batch.data;
    if (this.#ownBytes + this.#otherBytes + length > this.maxBytes)
      throw new Error('the spool has reached LOGS_SPOOL_MIB');
    const file = this.#fileOf(batch);
    try {
      writeFileSync(file, batch.data, { mode: 0o600 });
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    }
    this.#ownBytes += length;
  }

  /** Returns the lines of a batch; undefined if its file is gone. */
  read(batch: LineRange): Buffer | undefined {
    try {
      return readFileSync(this.#fileOf(batch));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  remove(batch: SpooledBatch): void {
    rmSync(this.#fileOf(batch), { force: true });
    this.#ownBytes -= batch.bytes;
  }

  /** Shows that this process lives, and measures what the others have in the spool. Returns batches of processes that have ended. */
  visit(): SpooledBatch[] {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const now = new Date();
    utimesSync(this.#folder, now, now);
    const adopted: SpooledBatch[] = [];
    this.#otherBytes = 0;
    for (const name of readdirSync(this.dir)) {
      const folder = join(this.dir, name);
      if (folder === this.#folder) continue;
      const touched = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
      if (touched === undefined) continue;
      if (now.getTime() - touched > ABANDONED_AFTER_MS) adopted.push(...this.#adopt(folder));
      else for (const file of filesIn(folder)) this.#otherBytes += sizeOf(join(folder, file));
    }
    return adopted;
  }

  /** Leaves what is not sent to other processes, at once. */
  leave(): void {
    utimesSync(this.#folder, 0, 0);
    removeIfEmpty(this.#folder);
  }

  /** Of several processes that adopt a file, one succeeds. */
  #adopt(folder: string): SpooledBatch[] {
    const adopted = filesIn(folder).flatMap((file) => {
      const range = rangeOf(file);
      if (range === undefined || !isMoved(join(folder, file), join(this.#folder, file))) return [];
      const bytes = sizeOf(this.#fileOf(range));
      this.#ownBytes += bytes;
      return [{ ...range, bytes }];
    });
    removeIfEmpty(folder);
    return adopted;
  }

  #fileOf(batch: LineRange): string {
    return join(this.#folder, nameOf(batch));
  }
}

const filesIn = (folder: string) => {
  try {
    return readdirSync(folder);
  } catch {
    return []; // another process has removed it, or it is a file
  }
};

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function isMoved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    return; // it has files, or is gone
  }
}
