import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Consecutive messages of the stream. A stream that has begun anew has a later epoch. */
export interface MessageRange {
  readonly epoch: number;
  /** Sequence in the stream. */
  readonly first: number;
  readonly last: number;
}

/** A file of the store with the lines of some messages. Its name says which. */
export interface Segment extends MessageRange {
  readonly file: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** In which it was written, `2026-11-30T05` (UTC). */
  readonly hour: string;
}

/** What a folder has: the segments in the order of their messages, and those that a merged one has taken the place of. */
export interface Segments {
  readonly current: readonly Segment[];
  readonly superseded: readonly Segment[];
}

const HOUR = /^\d{4}-\d\d-\d\dT\d\d$/;

/** Returns the folder of what is written at a time. */
export const hourOf = (time: Date) => time.toISOString().slice(0, 13);

export const segmentName = ({ epoch, first, last }: MessageRange) => `${epoch}-${first}-${last}.parquet`;

/**
 * Reads what a store has. The names alone decide: a file is there as a whole or not at all, and of two files with the same messages the one
 * with more of them counts.
 * @param hours whether to read the folder of an hour
 */
export async function readSegments(
  dir: string,
  hours: (hour: string) => boolean = () => true,
): Promise<Segments> {
  const folders = (await readdir(dir)).filter((name) => HOUR.test(name) && hours(name));
  const found = (await Promise.all(folders.map((hour) => segmentsOf(dir, hour)))).flat();
  const ordered = found.toSorted((a, b) => a.epoch - b.epoch || a.first - b.first || b.last - a.last);
  const current: Segment[] = [];
  const superseded: Segment[] = [];
  for (const segment of ordered) {
    const before = current.at(-1);
    const isCovered = before?.epoch === segment.epoch && segment.last <= before.last;
    (isCovered ? superseded : current).push(segment);
  }
  return { current, superseded };
}

async function segmentsOf(dir: string, hour: string): Promise<Segment[]> {
  const names = await readdir(join(dir, hour)).catch(() => []);
  const segments = names.map(async (name): Promise<Segment | undefined> => {
    const [, ...numbers] = /^(\d+)-(\d+)-(\d+)\.parquet$/.exec(name) ?? [];
    if (numbers.length === 0) return undefined;
    const [epoch, first, last] = numbers.map(Number) as [number, number, number];
    const file = join(dir, hour, name);
    const stats = await stat(file).catch(() => undefined); // it has been merged or deleted meanwhile
    return stats && { epoch, first, last, file, hour, bytes: stats.size, modifiedMs: stats.mtimeMs };
  });
  return (await Promise.all(segments)).filter((segment) => segment !== undefined);
}
