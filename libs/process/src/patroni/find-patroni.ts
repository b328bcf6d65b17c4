import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram, isExecutable } from '../find-program.js';
import { UsageError } from '../script.js';

/** The programs of a cluster under Patroni. */
export interface PatroniPrograms {
  readonly patroni: string;
  readonly etcd: string;
  /** The folder of PostgreSQL's programs. */
  readonly postgres: string;
  /** What is wrong with this version of Patroni, for an operator. */
  readonly warning?: string;
}

const INSTALLATION =
  '`apt install --no-install-recommends patroni python3-etcd etcd-server postgresql` (Debian, Ubuntu), which also starts services of the ' +
  'system that --ha does not use: `systemctl disable --now patroni etcd postgresql`; or leave --ha out';

/** Where Debian has the programs of each release of PostgreSQL, which are not in `PATH`. */
const RELEASES = '/usr/lib/postgresql';
/** What Patroni runs; the PostgreSQL that npm installs has only the first. */
const NEEDED = ['postgres', 'pg_rewind', 'pg_basebackup', 'pg_controldata', 'pg_isready', 'psql'];

/** The first that does not overwrite the lock of another leader: https://github.com/patroni/patroni/pull/2689 */
const SAFE_VERSION = '3.0.3';

/** Returns the paths of Patroni, etcd and PostgreSQL. @throws UsageError with the installation command when one is missing */
export async function findPatroni(path = ''): Promise<PatroniPrograms> {
  const [patroni, etcd] = await Promise.all(
    ['patroni', 'etcd'].map((program) => findProgram(program, path, INSTALLATION)),
  );
  const warning = await warningAbout(patroni!);
  return { patroni: patroni!, etcd: etcd!, postgres: await findPostgres(path), ...(warning && { warning }) };
}

async function warningAbout(patroni: string): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)(patroni, ['--version']);
  const version = /\d+(\.\d+)+/.exec(stdout)?.[0];
  if (version === undefined || version.localeCompare(SAFE_VERSION, 'en', { numeric: true }) >= 0)
    return undefined;
  return (
    `Patroni ${version} lets a leader that hung and wakes up take the place of the one that followed it, which can lose writes; ` +
    `use ${SAFE_VERSION} or later where that matters`
  );
}

async function findPostgres(path: string): Promise<string> {
  const releases = await readdir(RELEASES).catch(() => []);
  const latestFirst = releases.toSorted((one, other) => Number(other) - Number(one));
  const folders = [
    ...path.split(delimiter).filter(Boolean),
    ...latestFirst.map((release) => join(RELEASES, release, 'bin')),
  ];
  for (const folder of folders) {
    const found = await Promise.all(NEEDED.map((program) => isExecutable(join(folder, program))));
    if (found.every(Boolean)) return folder;
  }
  throw new UsageError(
    `no folder of PATH and of ${RELEASES} has all of ${NEEDED.join(', ')}. Install PostgreSQL 15 or later with ${INSTALLATION}.`,
  );
}
