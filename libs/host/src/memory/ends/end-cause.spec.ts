import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runFiles } from '../files/run-files.js';
import { type MemorySample, TimeLine } from '../files/time-line.js';
import { describeProcess } from '../recording/this-process.js';
import { endOf } from './end-cause.js';

const MIB = 1_048_576;
const record = { ...describeProcess(['articles'], 1_000 * MIB), heapLimit: 600 * MIB };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'end-'));
  write('report', '');
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: 'report' | 'exit', text: string) => writeFileSync(runFiles(folder)[file], text);

/** The last seconds of a process. */
function lived(...samples: Partial<MemorySample>[]): void {
  const ring = new TimeLine(runFiles(folder).seconds, 900);
  const usual = { rss: 200 * MIB, heapUsed: 100 * MIB, heapTotal: 120 * MIB, external: 0, arrayBuffers: 0 };
  for (const [index, sample] of samples.entries())
    ring.appendSync({ ...usual, container: 0, pressure: 0, oomKills: 0, at: 1_000 * (index + 1), ...sample });
  ring.close();
}

const causeOf = (oomKills?: number, of = record) => endOf(folder, of, oomKills).cause;

describe('the end of a process', () => {
  it('in order is known from its exit code', () => {
    lived({});
    write('exit', JSON.stringify({ at: 5, code: 0 }));
    expect(endOf(folder, record, 0)).toEqual({ cause: 'exit', at: 5, code: 0 });
    write('exit', JSON.stringify({ at: 5, code: 1 }));
    expect(endOf(folder, record, 0)).toEqual({ cause: 'error', at: 5, code: 1 });
  });

  it('by a full heap is known from the report of Node.js, or else from the last samples', () => {
    lived({ heapUsed: 400 * MIB }, { heapUsed: 530 * MIB });
    expect(causeOf(0)).toBe('heap_limit');
    lived({});
    write('report', JSON.stringify({ header: { trigger: 'OOMError' } }));
    expect(causeOf(0)).toBe('heap_limit');
  });

  it('by another fatal error is known from the report, also from one that was not written to its end', () => {
    lived({});
    write('report', JSON.stringify({ header: { trigger: 'FatalError' } }));
    expect(causeOf(0)).toBe('fatal_error');
    write('report', '{"header":{"tri');
    expect(causeOf(0)).toBe('fatal_error');
  });

  it('by the kernel is known from the counter of the control group', () => {
    lived({ oomKills: 3 });
    expect(causeOf(3)).toBe('killed');
    expect(causeOf(4)).toBe('oom_kill');
  });

  it('at the limit of its memory is most likely for memory', () => {
    lived({ rss: 940 * MIB }, { rss: 960 * MIB });
    expect(causeOf()).toBe('memory_limit');
  });

  it('on the way to the limit is too: a kill comes between two samples', () => {
    lived({ rss: 500 * MIB }, { rss: 650 * MIB }, { rss: 800 * MIB });
    expect(causeOf()).toBe('memory_limit');
  });

  it('of a container at its limit counts all its processes', () => {
    lived({ container: 980 * MIB });
    expect(causeOf()).toBe('killed');
    expect(causeOf(undefined, { ...record, isContainerLimit: true })).toBe('memory_limit');
  });

  it('with memory left, and with the machine, is not for memory', () => {
    lived({ rss: 500 * MIB }, { rss: 510 * MIB });
    expect(causeOf()).toBe('killed');
    expect(causeOf(undefined, { ...record, bootId: 'another' })).toBe('machine');
  });
});
