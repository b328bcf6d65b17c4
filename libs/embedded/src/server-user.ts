import { readFile, stat } from 'node:fs/promises';
import type { Binaries } from './binaries.js';
import type { FolderPaths } from './folder-paths.js';
import { run } from './run.js';

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The operating system user that PostgreSQL runs as. */
export interface ServerUser {
  /** The owner of the data; undefined when it is the user of this process. */
  readonly account?: Account;
  /** Returns the command that runs a program as this user. On Linux it gets the signal `onDeath` when its parent dies. */
  command(onDeath: 'INT' | 'KILL', program: string, ...args: string[]): string[];
}

/** Chooses the user: PostgreSQL refuses to run as root, so root runs it as an unprivileged user. */
export async function findServerUser(
  { dir, data }: FolderPaths,
  { postgres }: Binaries,
): Promise<ServerUser> {
  if (process.getuid?.() !== 0) {
    return process.platform === 'linux' ? prefixed([]) : { command: (_, ...command) => command };
  }
  if (process.platform !== 'linux') throw new Error('PostgreSQL does not run as root: use an ordinary user.');

  const owner = await stat(data).catch(() => undefined);
  const account = owner?.uid ? owner : await unprivilegedAccount();
  const plain = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  // Other users cannot enter a checkout in /root. A capability overrides that; the secure bit keeps it for access(2),
  // with which PostgreSQL checks its own program.
  const withCapability = [
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--securebits=+no_setuid_fixup',
  ];
  for (const options of [plain, [...plain, ...withCapability]]) {
    const serverUser = { ...prefixed(options), account };
    const probe = serverUser.command(
      'KILL',
      '/bin/sh',
      '-c',
      '[ -x "$1" ] && [ -x "$2" ]',
      'sh',
      postgres,
      dir,
    );
    if ((await run(probe)).code === 0) return serverUser;
  }
  throw new Error(
    `PostgreSQL does not run as root, and uid ${account.uid} cannot reach ${postgres} and ${dir}. Use an ordinary user.`,
  );
}

const prefixed = (options: string[]): ServerUser => ({
  command: (onDeath, ...command) => ['setpriv', `--pdeathsig=${onDeath}`, ...options, ...command],
});

/** initdb requires an account with a name. */
async function unprivilegedAccount(): Promise<Account> {
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((user) => user[0] === name) ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    "PostgreSQL refuses to run as root, and the system has no user 'postgres' or 'nobody'. Use an ordinary user.",
  );
}
