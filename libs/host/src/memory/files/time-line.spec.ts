import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readTimeLine, TimeLine } from './time-line.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'time-line-'));
  path = join(folder, 'ring.bin');
});
afterEach(() => rmSync(folder, { recursive: true }));

const sampleAt = (at: number) => ({
  at,
  rss: 10 * at,
  heapUsed: 1,
  heapTotal: 2,
  external: 3,
  arrayBuffers: 4,
  container: 5,
  pressure: 0.25,
  oomKills: 6,
});

it('has the newest samples, oldest first, in a file that does not grow', () => {
  const ring = new TimeLine(path, 3);
  for (const at of [1, 2, 3]) ring.appendSync(sampleAt(at));
  const { size, mode } = statSync(path);
  for (const at of [4, 5]) ring.appendSync(sampleAt(at));
  ring.close();
  expect(readTimeLine(path)).toEqual([3, 4, 5].map(sampleAt));
  expect(statSync(path).size).toBe(size);
  expect(mode & 0o777).toBe(0o600);
});

it('is read without a sample that was not written to its end', () => {
  const ring = new TimeLine(path, 3);
  ring.appendSync(sampleAt(1));
  ring.close();
  appendFileSync(path, Buffer.alloc(17, 1));
  expect(readTimeLine(path)).toEqual([sampleAt(1)]);
});

it('takes samples without waiting', async () => {
  const ring = new TimeLine(path, 3);
  ring.append(sampleAt(1));
  await expect.poll(() => readTimeLine(path)).toEqual([sampleAt(1)]);
  ring.close();
});
