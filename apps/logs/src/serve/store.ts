import { mkdir, open, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { LineRange } from '@tearline/logs';
import { hourOf, type MessageRange, readSegments, type Segment, segmentName } from '../store/segment.js';
import { linesIn, linesOf, writeParquet } from '../store/sql.js';
import { StoredLines } from './stored-lines.js';

const MEMORY_LIMIT = '768MB';
/** Another database beside the files, which DuckDB locks as long as this process lives. */
const LOCK = 'writer.duckdb';
const STAGING = 'staging';
/** Searches that have read the names have opened the files by then. */
const SUPERSEDED_MS = 60_000;
/** Segments of an hour are merged when so many of them are small. */
const MAX_SMALL_SEGMENTS = 64;
const SMALL_BYTES = 16_777_216;
/** A merge reads no more than this, compressed. */
const MAX_MERGED_BYTES = 67_108_864;

export interface Retention {
  readonly days: number;
  readonly bytes: number;
}

/**
 * Writes the store: Parquet files, in a folder for each hour. A file is written aside, synchronized with the disk and then renamed, so it is there as a
 * whole or not at all; its name has the range of messages of the stream that are in it. So the files and nothing else say how far the
 * store has come, and a process that is killed at any moment leaves nothing behind that has to be repaired.
 */
export class Store {
  readonly stored = new StoredLines();

  private constructor(
    private readonly dir: string,
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    /** For merges, which run beside. */
    private readonly background: DuckDBConnection,
  ) {}

  /** @throws Error when another process writes this store */
  static async open(dir: string): Promise<Store> {
    await mkdir(join(dir, STAGING), { recursive: true, mode: 0o700 });
    for (const name of await readdir(join(dir, STAGING)))
      await rm(join(dir, STAGING, name), { recursive: true });
    const instance = await openInstance(dir);
    const store = new Store(dir, instance, await instance.connect(), await instance.connect());
    await store.#readStoredLines();
    return store;
  }

  close(): void {
    this.background.closeSync();
    this.connection.closeSync();
    this.instance.closeSync();
  }

  /** Returns how far the store has come: the newest range. */
  async newest(): Promise<MessageRange | undefined> {
    return (await readSegments(this.dir)).current.at(-1);
  }

  /**
   * Adds lines.
   * @param messages lines of JSON, as they came
   * @param lines which of them they are
   * @returns how many of the lines are no JSON, and are left out
   */
  async add(
    range: MessageRange,
    messages: readonly Uint8Array[],
    lines: readonly LineRange[],
  ): Promise<number> {
    const raw = join(this.dir, STAGING, `${range.last}.json`);
    await writeFile(raw, messages, { mode: 0o600 });
    const rows = await this.#write(this.connection, range, hourOf(new Date()), linesIn(raw, range.last));
    await rm(raw);
    for (const each of lines) this.stored.add(each);
    return lines.reduce((sum, { first, last }) => sum + last - first + 1, 0) - rows;
  }

  /** Merges small files, and deletes what they were merged from and what is past its time. */
  async maintain(retention: Retention): Promise<void> {
    const { current, superseded } = await readSegments(this.dir);
    for (const segment of superseded)
      if (Date.now() - newestOver(segment, current) > SUPERSEDED_MS) await this.#delete(segment);
    for (const segment of expired(current, superseded, retention)) await this.#delete(segment);
    for (const [hour, segments] of Map.groupBy(current, ({ hour }) => hour)) {
      const isOver = hour < hourOf(new Date());
      for (const run of mergeable(segments, isOver ? 2 : MAX_SMALL_SEGMENTS)) await this.#merge(run);
    }
  }

  async #merge(segments: readonly Segment[]): Promise<void> {
    const [{ epoch, first, hour }, { last }] = [segments[0]!, segments.at(-1)!];
    const query = `${linesOf(segments.map(({ file }) => file))} order by time`;
    await this.#write(this.background, { epoch, first, last }, hour, query);
  }

  async #write(
    connection: DuckDBConnection,
    range: MessageRange,
    hour: string,
    query: string,
  ): Promise<number> {
    const name = segmentName(range);
    const part = join(this.dir, STAGING, name);
    const rows = await writeParquet(connection, query, part);
    const folder = join(this.dir, hour);
    await mkdir(folder, { mode: 0o700, recursive: true });
    await synchronize(part);
    await rename(part, join(folder, name));
    await synchronize(folder);
    await synchronize(this.dir);
    return rows;
  }

  async #delete({ file, hour }: Segment): Promise<void> {
    await rm(file, { force: true });
    await rmdir(join(this.dir, hour)).catch(() => undefined); // not empty
  }

  /** Spans of sequences without a gap: within one, the difference of sequence and row number is the same. */
  async #readStoredLines(): Promise<void> {
    const { current } = await readSegments(this.dir);
    if (current.length === 0) return;
    const reader = await this.connection.runAndReadAll(`
      select process, min(sequence), max(sequence) from (
        select process, sequence, sequence - row_number() over (partition by process order by sequence) as span
        from (${linesOf(current.map(({ file }) => file))}) where process is not null and sequence is not null)
      group by process, span`);
    for (const [process, first, last] of reader.getRows() as [string, bigint, bigint][])
      this.stored.add({ process, first: Number(first), last: Number(last) });
  }
}

async function openInstance(dir: string): Promise<DuckDBInstance> {
  try {
    const settings = {
      memory_limit: MEMORY_LIMIT,
      temp_directory: join(dir, STAGING),
      preserve_insertion_order: 'false',
    };
    return await DuckDBInstance.create(join(dir, LOCK), {
      ...settings,
      autoinstall_known_extensions: 'false',
    });
  } catch (error) {
    if (!/lock/i.test((error as Error).message)) throw error;
    throw new Error(
      `another process writes the store in ${dir}; stop it, or set LOGS_DIR to another folder`,
      {
        cause: error,
      },
    );
  }
}

/** Waits until the disk has a file, or the names in a folder. */
async function synchronize(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const newestOver = ({ epoch, first, last }: Segment, current: readonly Segment[]) =>
  current.find((each) => each.epoch === epoch && each.first <= first && last <= each.last)?.modifiedMs ?? 0;

/** Returns the segments past their days, and the oldest ones beyond the size. The newest one says how far the store has come, and stays. */
function expired(
  current: readonly Segment[],
  superseded: readonly Segment[],
  { days, bytes }: Retention,
): Segment[] {
  const oldestHour = hourOf(new Date(Date.now() - days * 86_400_000));
  let size = [...current, ...superseded].reduce((sum, segment) => sum + segment.bytes, 0);
  return current.slice(0, -1).filter((segment) => {
    const isExpired = segment.hour < oldestHour || size > bytes;
    if (isExpired) size -= segment.bytes;
    return isExpired;
  });
}

/** Returns runs of consecutive small segments, each of this many at least. */
function mergeable(segments: readonly Segment[], minCount: number): Segment[][] {
  const runs: Segment[][] = [[]];
  let bytes = 0;
  for (const segment of segments) {
    const run = runs.at(-1)!;
    const before = run.at(-1);
    // A range without a gap: the merged file takes the place of everything within it.
    const isNext = !before || (before.epoch === segment.epoch && before.last + 1 === segment.first);
    if (segment.bytes < SMALL_BYTES && isNext && bytes + segment.bytes <= MAX_MERGED_BYTES) {
      run.push(segment);
      bytes += segment.bytes;
      continue;
    }
    const starts = segment.bytes < SMALL_BYTES;
    runs.push(starts ? [segment] : []);
    bytes = starts ? segment.bytes : 0;
  }
  return runs.filter(({ length }) => length >= minCount);
}
