import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { hostname, totalmem } from 'node:os';
import { containerLimit, heapLimit } from '../../metrics/memory-limits.js';
import type { ProcessRecord } from '../files/run-files.js';

/** Returns what later processes have to know of this one. */
export function describeProcess(modules: readonly string[], memoryLimit: number | undefined): ProcessRecord {
  const script = realpathOf(process.argv[1] ?? '');
  return {
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
    hostname: hostname(),
    bootId: bootId(),
    startedAt: Math.round(Date.now() - 1_000 * process.uptime()),
    modules,
    node: process.version,
    script,
    scriptDigest: digestOf(script),
    memoryLimit: memoryLimit ?? containerLimit() ?? totalmem(),
    heapLimit: heapLimit(),
    isContainerLimit: memoryLimit === undefined && containerLimit() !== undefined,
  };
}

/** Returns when a process of this machine started, in the kernel's ticks; empty when it does not run, or without /proc. */
export function startTicksOf(pid: number): string {
  // The second field, the name of the program, may contain blanks.
  return read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[19] ?? '';
}

export const bootId = () => read('/proc/sys/kernel/random/boot_id').trim();

/** Returns a digest of a file; empty when it cannot be read. */
export function digestOf(file: string): string {
  const text = read(file);
  return text === '' ? '' : createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function realpathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
