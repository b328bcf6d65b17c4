import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Binaries } from './binaries.js';
import type { Launcher } from './launcher.js';
import type { Paths } from './paths.js';
import { run } from './run.js';

/** The passwords of the roles `postgres` (superuser) and `tearline_owner`. */
export interface Credentials {
  readonly superuser: string;
  readonly owner: string;
}

const HBA = 'host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n';

/** The database `tearline` as the superuser. */
export const superuserUrl = ({ superuser }: Credentials, port: number) =>
  `postgres://postgres:${superuser}@127.0.0.1:${port}/tearline`;

/** Reads the cluster's passwords; undefined when there is no cluster. */
export async function readCredentials({ credentials }: Paths): Promise<Credentials | undefined> {
  try {
    return JSON.parse(await readFile(credentials, 'utf8')) as Credentials;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the cluster in a folder of its own and renames it when it is whole, so there is either all of it or nothing. */
export async function createCluster(
  paths: Paths,
  binaries: Binaries,
  launcher: Launcher,
): Promise<Credentials> {
  const credentials = { superuser: password(), owner: password() };
  const data = await mkdtemp(join(paths.dir, paths.unfinished));
  try {
    if (launcher.account) await chown(data, launcher.account.uid, launcher.account.gid);
    await finish(launcher.command('KILL', binaries.initdb, ...initdbOptions(data)));
    await writeFile(join(data, 'pg_hba.conf'), HBA);
    const single = ['--single', '-D', data, '-c', 'exit_on_error=true', 'postgres'];
    await finish(launcher.command('KILL', binaries.postgres, ...single), roles(credentials));
    await writeDurably(join(data, basename(paths.credentials)), JSON.stringify(credentials));
    await rename(data, paths.data);
    return credentials;
  } catch (error) {
    await rm(data, { recursive: true, force: true });
    throw error;
  }
}

const password = () => randomBytes(24).toString('base64url');

/** Authentication is refused until pg_hba.conf is ours; the built-in locale sorts alike on every machine. */
const initdbOptions = (data: string) => [
  `--pgdata=${data}`,
  '--username=postgres',
  '--auth=reject',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-instructions',
];

/** The owner is no superuser, so that a migration that works here works where the database is managed by others. */
const roles = ({ superuser, owner }: Credentials) => `ALTER ROLE postgres PASSWORD '${superuser}';
CREATE ROLE tearline_owner LOGIN CREATEROLE CREATEDB PASSWORD '${owner}';
CREATE DATABASE tearline OWNER tearline_owner;
`;

async function finish(command: string[], input?: string): Promise<void> {
  const { code, output } = await run(command, { input });
  if (code !== 0) throw new Error(`Cannot create a PostgreSQL cluster: ${output}`);
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
