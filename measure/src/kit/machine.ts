import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Which core serves and which one loads; undefined where they cannot be kept apart. */
export interface Cores {
  readonly server: number | undefined;
  /** How this is put in the report. */
  readonly description: string;
}

/**
 * Keeps this process, and so all that it starts, on another core than the servers that are measured.
 * @throws Error where there is no /proc to read CPU times from
 */
export function pinDriver(): Cores {
  if (process.platform !== 'linux')
    throw new Error('The bench reads CPU times from /proc, so it needs Linux.');
  const [server, driver] = allowedCores();
  if (server === undefined || driver === undefined)
    return { server: undefined, description: 'server, load and PostgreSQL share the one core there is' };
  const { status } = spawnSync('taskset', ['-a', '-c', '-p', `${driver}`, `${process.pid}`]);
  return status === 0
    ? { server, description: `server on core ${server}, load and PostgreSQL on core ${driver}` }
    : { server: undefined, description: 'nothing is pinned to a core, since taskset is missing' };
}

export const processor = () => `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;

/** Those that this process may run on. */
export function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
