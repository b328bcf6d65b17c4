import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the control group of a process says of its memory; 0 where it says nothing. */
export interface ControlGroupMemory {
  /** Bytes in use, without files that the kernel can drop. */
  readonly used: number;
  /** Share of the last ten seconds in which some task waited for memory, in per cent. */
  readonly pressure: number;
  /** Processes in it that the kernel has killed for memory. */
  readonly oomKills: number;
}

/** Reads the control group of this process. These are no files of a disk: reading one takes microseconds. */
export type ReadControlGroup = () => ControlGroupMemory;

/** Finds the control group of this process, of version 2 or of version 1. */
export function findControlGroup(
  root = '/sys/fs/cgroup',
  membership = read('/proc/self/cgroup'),
): ReadControlGroup {
  const pathIn = (pattern: RegExp) => pattern.exec(membership)?.[1] ?? '/';
  // A container sees its own group at the root, and of version 1 the name of another root.
  const v2 = [join(root, pathIn(/^0::(.*)$/m)), root].find((each) =>
    existsSync(join(each, 'memory.current')),
  );
  if (v2 !== undefined) return () => readVersion2(v2);
  const hierarchy = join(root, 'memory');
  const v1 = [join(hierarchy, pathIn(/^\d+:memory:(.*)$/m)), hierarchy].find((each) =>
    existsSync(join(each, 'memory.usage_in_bytes')),
  );
  if (v1 !== undefined) return () => readVersion1(v1);
  return () => ({ used: 0, pressure: 0, oomKills: 0 });
}

function readVersion2(folder: string): ControlGroupMemory {
  const [, pressure = '0'] = /^some avg10=([\d.]+)/.exec(read(join(folder, 'memory.pressure'))) ?? [];
  return {
    used: withoutFiles(read(join(folder, 'memory.current')), folder, 'inactive_file'),
    pressure: Number(pressure),
    oomKills: valueIn(read(join(folder, 'memory.events')), 'oom_kill'),
  };
}

function readVersion1(folder: string): ControlGroupMemory {
  return {
    used: withoutFiles(read(join(folder, 'memory.usage_in_bytes')), folder, 'total_inactive_file'),
    pressure: 0,
    oomKills: valueIn(read(join(folder, 'memory.oom_control')), 'oom_kill'),
  };
}

const withoutFiles = (used: string, folder: string, field: string) =>
  Math.max(0, Number(used) - valueIn(read(join(folder, 'memory.stat')), field));

const valueIn = (text: string, name: string) =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return ''; // not on this system
  }
}
