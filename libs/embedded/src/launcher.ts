import { readFile, stat } from 'node:fs/promises';
import type { Binaries } from './binaries.js';
import type { Paths } from './paths.js';
import { run } from './run.js';

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** How a PostgreSQL program is run here. */
export interface Launcher {
  /** Who must own the data, when that is not ourselves. */
  readonly account?: Account;
  /** The whole command. On Linux the kernel sends `onDeath` to it as soon as the process that runs it is gone. */
  command(onDeath: 'INT' | 'KILL', program: string, ...args: string[]): string[];
}

/** PostgreSQL refuses to run as root, so root runs it as somebody else. */
export async function findLauncher({ dir, data }: Paths, { postgres }: Binaries): Promise<Launcher> {
  if (process.getuid?.() !== 0) {
    return process.platform === 'linux' ? prefixed([]) : { command: (_, ...command) => command };
  }
  if (process.platform !== 'linux') throw new Error('PostgreSQL does not run as root: use an ordinary user.');

  const owner = await stat(data).catch(() => undefined);
  const account = owner?.uid ? owner : await unprivilegedAccount();
  const plain = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  // A checkout in /root cannot be entered by anybody else. One capability lets this account pass; the secure bit keeps
  // it for access(2), with which PostgreSQL looks at its own program.
  const passing = [
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--securebits=+no_setuid_fixup',
  ];
  for (const options of [plain, [...plain, ...passing]]) {
    const launcher = { ...prefixed(options), account };
    const probe = launcher.command(
      'KILL',
      '/bin/sh',
      '-c',
      '[ -x "$1" ] && [ -x "$2" ]',
      'sh',
      postgres,
      dir,
    );
    if ((await run(probe)).code === 0) return launcher;
  }
  throw new Error(
    `PostgreSQL does not run as root, and uid ${account.uid} cannot reach ${postgres} and ${dir}. Use an ordinary user.`,
  );
}

const prefixed = (options: string[]): Launcher => ({
  command: (onDeath, ...command) => ['setpriv', `--pdeathsig=${onDeath}`, ...options, ...command],
});

/** initdb wants an account that has a name. */
async function unprivilegedAccount(): Promise<Account> {
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((user) => user[0] === name) ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is no user postgres or nobody. Use an ordinary user.',
  );
}
