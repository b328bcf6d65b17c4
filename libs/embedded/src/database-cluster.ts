import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Binaries } from './binaries.js';
import type { ServerUser } from './server-user.js';
import type { FolderPaths } from './folder-paths.js';
import { run } from './run.js';

/** The passwords of the roles `postgres` (superuser) and `tearline_owner`. */
export interface Credentials {
  readonly superuser: string;
  readonly owner: string;
}

const HBA = 'host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n';

/** Returns the URL of the database `tearline` with its owner's role. */
export const ownerUrl = ({ owner }: Credentials, port: number) =>
  `postgres://tearline_owner:${owner}@127.0.0.1:${port}/tearline`;

/** Returns the URL of the database `tearline` with the superuser's role. */
export const superuserUrl = ({ superuser }: Credentials, port: number) =>
  `postgres://postgres:${superuser}@127.0.0.1:${port}/tearline`;

/** Reads the passwords of the database cluster; undefined when there is none. */
export async function readCredentials({ credentials }: FolderPaths): Promise<Credentials | undefined> {
  try {
    return JSON.parse(await readFile(credentials, 'utf8')) as Credentials;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Creates a database cluster in a temporary folder and renames the folder at the end, so that there is no partial cluster. */
export async function createCluster(
  paths: FolderPaths,
  binaries: Binaries,
  serverUser: ServerUser,
): Promise<Credentials> {
  const credentials = { superuser: randomPassword(), owner: randomPassword() };
  const data = await mkdtemp(join(paths.dir, paths.unfinishedPrefix));
  try {
    if (serverUser.account) await chown(data, serverUser.account.uid, serverUser.account.gid);
    await runToSuccess(serverUser.command('KILL', binaries.initdb, ...initdbOptions(data)));
    await writeFile(join(data, 'pg_hba.conf'), HBA);
    const single = ['--single', '-D', data, '-c', 'exit_on_error=true', 'template1'];
    await runToSuccess(serverUser.command('KILL', binaries.postgres, ...single), setUp(credentials));
    await writeDurably(join(data, basename(paths.credentials)), JSON.stringify(credentials));
    await rename(data, paths.data);
    return credentials;
  } catch (error) {
    await rm(data, { recursive: true, force: true });
    throw error;
  }
}

const randomPassword = () => randomBytes(24).toString('base64url');

/** Authentication is rejected until pg_hba.conf is written; the built-in locale sorts alike on every machine. */
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

/**
 * Runs in template1, from which databases inherit that no role creates large objects. The owner is not a superuser, so that
 * migrations also work on a managed database. It may replicate, by which a module's data moves to another server.
 */
const setUp = ({ superuser, owner }: Credentials) => `ALTER ROLE postgres PASSWORD '${superuser}';
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;
CREATE ROLE tearline_owner LOGIN CREATEROLE CREATEDB REPLICATION PASSWORD '${owner}' IN ROLE pg_create_subscription;
CREATE DATABASE tearline OWNER tearline_owner;
`;

async function runToSuccess(command: string[], input?: string): Promise<void> {
  const { code, output } = await run(command, { input });
  if (code !== 0) throw new Error(`cannot create a PostgreSQL cluster: ${output}`);
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
