import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generateSigningKey, publicKeysOf, signingKeySetting } from '@tearline/auth';
import { moduleNames } from '@tearline/modules';
import { script } from '@tearline/process';
import type { CliContext } from './context.js';

interface SecretsOptions {
  readonly into: string;
  readonly postgres: string;
  readonly redis: string;
}

export const secretsCommand = (context: CliContext) =>
  script('secrets', context)
    .summary('creates the secrets of a deployment, a file each')
    .description(
      `Creates the secrets that are missing, and leaves existing ones alone: a folder for each recipient.

  <module>/database-url          its role and password; identity/signing-key too
  hosts/                         auth-jwks, rpc-secret, consistency-secret, redis-url: for every host
  operator/password              for the host with the board of the queues
  migrate/database-url           the owner's
  postgres/, redis/              the servers' own passwords`,
    )
    .requiredOption('--into <folder>', 'the folder for the secrets')
    .option('--postgres <host:port/name>', 'the address of the database', 'postgres:5432/tearline')
    .option('--redis <host:port>', 'the address of Redis', 'redis:6379')
    .action(async ({ into, postgres, redis }: SecretsOptions) => {
      const folder = new SecretFolder(into);
      const owner = await folder.keep('postgres/password', randomPassword);
      await folder.keep('postgres/replication-password', randomPassword);
      await folder.keep('migrate/database-url', () => `postgres://tearline:${owner}@${postgres}`);
      for (const schema of moduleNames) {
        const role = `tearline_${schema.replaceAll('-', '_')}`;
        await folder.keep(
          `${schema}/database-url`,
          () => `postgres://${role}:${randomPassword()}@${postgres}`,
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
      await folder.keep('hosts/redis-url', () => `redis://:${password}@${redis}`);
      context.print(
        folder.made === 0 ? 'Nothing to do: every secret is there.\n' : `${folder.made} secrets made.\n`,
      );
    });

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
    // The containers read it as another user. The mode of the folder, set outside, restricts access.
    await writeFile(`${file}.new`, `${secret}\n`, { mode: 0o444 });
    await rename(`${file}.new`, file);
    this.made += 1;
    return secret;
  }
}
