import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generateSigningKey, publicKeysOf, signingKeySetting } from '@tearline/auth';
import { moduleNames } from '@tearline/modules';
import { UsageError } from '@tearline/process';
import type { Command } from './command.js';

export const secrets: Command = {
  summary: 'makes the secrets of a deployment, a file each',
  help: `npm run secrets -- --into <folder> [options]

Makes what is not there yet, and leaves alone what is: a folder for each that needs it, to be handed to that one alone.

  <module>/database-url          its role and password; identity/signing-key too
  hosts/                         auth-jwks, rpc-secret, consistency-secret, redis-url: for every host
  operator/password              for the host with the board of the queues
  migrate/database-url           the owner's
  postgres/, redis/              the servers' own passwords

  --into <folder>
  --postgres <host:port/name>    where the database will be (postgres:5432/tearline)
  --redis <host:port>            where Redis will be (redis:6379)
`,
  options: { into: { type: 'string' }, postgres: { type: 'string' }, redis: { type: 'string' } },
  run: async ({ into, postgres = 'postgres:5432/tearline', redis = 'redis:6379' }, { print }) => {
    if (typeof into !== 'string') throw new UsageError('--into <folder> is missing');
    const folder = new SecretFolder(into);
    const owner = await folder.keep('postgres/password', randomPassword);
    await folder.keep('postgres/replication-password', randomPassword);
    await folder.keep('migrate/database-url', () => `postgres://tearline:${owner}@${String(postgres)}`);
    for (const schema of moduleNames) {
      const role = `tearline_${schema.replaceAll('-', '_')}`;
      await folder.keep(
        `${schema}/database-url`,
        () => `postgres://${role}:${randomPassword()}@${String(postgres)}`,
      );
    }
    const key = await folder.keep('identity/signing-key', async () =>
      JSON.stringify(await generateSigningKey()),
    );
    await folder.keep('hosts/auth-jwks', () => JSON.stringify(publicKeysOf(signingKeySetting.parse(key))));
    await folder.keep('hosts/rpc-secret', randomPassword);
    await folder.keep('hosts/consistency-secret', randomPassword);
    await folder.keep('operator/password', randomPassword);
    const password = await folder.keep('redis/password', randomPassword);
    await folder.keep('redis/redis.conf', () => `requirepass ${password}`);
    await folder.keep('hosts/redis-url', () => `redis://:${password}@${String(redis)}`);
    print(folder.made === 0 ? 'Nothing to do: every secret is there.\n' : `${folder.made} secrets made.\n`);
  },
};

/** Of letters that need no quotes in a URL, a shell or a configuration file. */
const randomPassword = () => randomBytes(32).toString('base64url');

/** Files that are written once. */
class SecretFolder {
  made = 0;

  constructor(private readonly folder: string) {}

  /** What a file holds; of one that is not there, what it gets. */
  async keep(name: string, make: () => string | Promise<string>): Promise<string> {
    const file = join(this.folder, name);
    if (existsSync(file)) return (await readFile(file, 'utf8')).trimEnd();
    const secret = await make();
    await mkdir(dirname(file), { recursive: true });
    // Whoever reads it runs as another user; who gets to see the folder is decided outside.
    await writeFile(`${file}.new`, `${secret}\n`, { mode: 0o444 });
    await rename(`${file}.new`, file);
    this.made += 1;
    return secret;
  }
}
