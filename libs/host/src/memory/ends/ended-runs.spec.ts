import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProcessRecord, runFiles } from '../files/run-files.js';
import { TimeLine } from '../files/time-line.js';
import { describeProcess } from '../recording/this-process.js';
import { claimEndedRuns } from './ended-runs.js';

const MIB = 1_048_576;
/** Of a process that has ended. */
const { pid: dead } = spawnSync(process.execPath, ['--version']);
const own = { ...describeProcess(['articles'], 1_000 * MIB), heapLimit: 1_000 * MIB };

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'ends-'))));
afterEach(() => rmSync(dir, { recursive: true }));

interface Left {
  readonly record?: Partial<ProcessRecord>;
  readonly rss?: number;
  readonly at?: number;
  readonly code?: number;
  readonly hasSnapshot?: boolean;
}

/** What a process leaves. */
function leave(
  name: string,
  { record = {}, rss = 0, at = 1_000, code, hasSnapshot = false }: Left = {},
): string {
  const folder = join(dir, `running-${name}`);
  const files = runFiles(folder);
  mkdirSync(folder);
  writeFileSync(files.process, JSON.stringify({ ...own, pid: dead, ...record }));
  const ring = new TimeLine(files.seconds, 3);
  const nothing = {
    heapUsed: 0,
    heapTotal: 0,
    external: 0,
    arrayBuffers: 0,
    container: 0,
    pressure: 0,
    oomKills: 0,
  };
  ring.appendSync({ at, rss, ...nothing });
  ring.close();
  if (code !== undefined) writeFileSync(files.exit, JSON.stringify({ at, code }));
  if (hasSnapshot) writeFileSync(files.snapshot, '{}');
  return folder;
}

const claimed = () =>
  claimEndedRuns(dir, 0).map(({ folder, end }) => [folder.slice(dir.length + 1), end.cause]);

describe('a process', () => {
  it('that has ended is reported once, with the cause', () => {
    leave('one', { rss: 990 * MIB });
    leave('other');
    expect(Object.fromEntries(claimed())).toEqual({ 'ended-one': 'memory_limit', 'ended-other': 'killed' });
    expect(claimed()).toEqual([]);
  });

  it('that runs is not', () => {
    leave('this', { record: own });
    expect(claimed()).toEqual([]);
  });

  it('whose pid another process has now, has ended', () => {
    leave('one', { record: { pid: process.pid, startTicks: '1' } });
    expect(claimed()).toEqual([['ended-one', 'killed']]);
  });

  it('of another container has ended when it has been silent for half a minute', () => {
    const { seconds } = runFiles(leave('one', { record: { hostname: 'another' } }));
    expect(claimed()).toEqual([]);
    const past = Date.now() / 1_000 - 31;
    utimesSync(seconds, past, past);
    expect(claimed()).toEqual([['ended-one', 'killed']]);
  });

  it('whose files are not complete is left alone', () => {
    mkdirSync(join(dir, 'running-one'));
    writeFileSync(runFiles(join(dir, 'running-one')).process, '{"pid":');
    expect(claimed()).toEqual([]);
  });
});

describe('what is kept', () => {
  it('is the evidence of the last ends for memory, whatever has ended since', () => {
    for (let index = 1; index <= 7; index++) leave(`full-${index}`, { rss: 990 * MIB, at: index });
    for (let index = 1; index <= 7; index++) leave(`failed-${index}`, { code: 1, at: 100 + index });
    leave('stopped', { code: 0, at: 1_000 });
    expect(claimed()).toHaveLength(15);
    const kept = [3, 4, 5, 6, 7].flatMap((index) => [`ended-failed-${index}`, `ended-full-${index}`]);
    expect(new Set(readdirSync(dir))).toEqual(new Set(kept));
  });

  it('is one snapshot', () => {
    for (let index = 1; index <= 3; index++)
      leave(`${index}`, { rss: 990 * MIB, at: index, hasSnapshot: true });
    claimed();
    const kept = [1, 2, 3].filter((index) => existsSync(runFiles(join(dir, `ended-${index}`)).snapshot));
    expect(kept).toEqual([3]);
  });
});
