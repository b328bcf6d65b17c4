import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterUser } from './cluster-process.js';
import type { PatroniPasswords } from './member-config.js';

/** The files of a cluster, which the user of its processes owns. */
export class ClusterFiles {
  constructor(
    readonly dir: string,
    private readonly user: ClusterUser,
  ) {}

  /** Creates a folder unless it is there. @returns its path */
  async folder(name: string): Promise<string> {
    const folder = join(this.dir, name);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.#give(folder);
    return folder;
  }

  /** Writes a file that others cannot read. @returns its path */
  async write(name: string, content: string): Promise<string> {
    const file = join(this.dir, name);
    await writeFile(`${file}.new`, content, { mode: 0o600 });
    await this.#give(`${file}.new`);
    await rename(`${file}.new`, file);
    return file;
  }

  /** Returns the passwords of the cluster, which are made once. */
  async passwords(): Promise<PatroniPasswords> {
    const text = await readFile(join(this.dir, 'passwords.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return JSON.parse(text) as PatroniPasswords;
    const password = () => randomBytes(24).toString('base64url');
    const passwords = {
      superuser: password(),
      replication: password(),
      rewind: password(),
      restapi: password(),
      owner: password(),
    };
    await this.write('passwords.json', JSON.stringify(passwords));
    return passwords;
  }

  async #give(path: string): Promise<void> {
    const { account } = this.user;
    if (account) await chown(path, account.uid, account.gid);
  }
}
