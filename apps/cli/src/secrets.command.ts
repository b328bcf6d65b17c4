import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generateSigningKey, publicKeysOf, signingKeySetting } from '@tearline/auth';
import { roleName } from '@tearline/database';
import { moduleNames } from '@tearline/modules';
import { script, UsageError } from '@tearline/process';
import { serverUrls, urlMistake } from '@tearline/settings';
import { InvalidArgumentError } from 'commander';
import type { CliContext } from './context.js';

interface SecretsOptions {
  readonly into: string;
  readonly postgres: string;
  readonly redis: string;
  readonly nats: string;
  readonly ha?: string;
  readonly owner?: Owners;
}

/** Ids of users by folder; that of all other folders is under ''. */
type Owners = Readonly<Record<string, number>>;

export const secretsCommand = (context: CliContext) =>
  script('secrets', context)
    .summary('creates the secrets of a deployment, a file each')
    .description(
      `Creates the secrets that are missing, and leaves existing ones alone: a folder for each recipient. Only its owner can read it:
the user of this command, or the one that --owner names.

  <module>/database-url          its role and password; identity/signing-key too
  hosts/                         auth-jwks, rpc-secret, consistency-secret, redis-url, logs-url: for every host
  cdn/purge-secret               for every host and the edge cache
  operator/password              for the host with the board of the queues
  migrate/database-url           the owner's
  logs/logs-url                  for the store of the log
  postgres/, redis/, nats/       the servers' own passwords

With --ha also those of a cluster under Patroni: <module>/ha-database-url, migrate/ha-database-url and patroni/.`,
    )
    .requiredOption('--into <folder>', 'the folder for the secrets')
    .option('--postgres <host:port/name>', 'the address of the database', 'postgres:5432/tearline')
    .option('--redis <host:port>', 'the address of Redis', 'redis:6379')
    .option('--nats <host:port>', 'the address of the stream of the log', 'nats:4222')
    .option('--ha <hosts/name>', 'the members of a cluster under Patroni, e.g. db-1,db-2,db-3/tearline')
    .option(
      '--owner <[folder=]uid>',
      'the id of the user who reads the secrets, or those of one folder; repeat it; needs root',
      addOwner,
    )
    .action(async ({ into, postgres, redis, nats, ha, owner: owners = {} }: SecretsOptions) => {
      refuseWrongAddress('postgres', postgres, 'postgres:5432/tearline');
      refuseWrongAddress('redis', redis, 'redis:6379');
      refuseWrongAddress('nats', nats, 'nats:4222');
      if (ha !== undefined) refuseWrongHosts(ha);
      const folder = new SecretFolder(into, owners);
      const owner = await folder.keep('postgres/password', randomPassword);
      await folder.keep('postgres/replication-password', randomPassword);
      await folder.keep('migrate/database-url', () => `postgres://tearline:${owner}@${postgres}`);
      await keepModuleUrls(folder, 'database-url', postgres);
      if (ha !== undefined) await keepClusterSecrets(folder, ha);
      const key = await folder.keep('identity/signing-key', async () =>
        JSON.stringify(await generateSigningKey()),
      );
      await folder.keep('hosts/auth-jwks', () => JSON.stringify(publicKeysOf(signingKeySetting.parse(key))));
      await folder.keep('hosts/rpc-secret', randomPassword);
      await folder.keep('hosts/consistency-secret', randomPassword);
      await folder.keep('cdn/purge-secret', randomPassword);
      await folder.keep('operator/password', randomPassword);
      const password = await folder.keep('redis/password', randomPassword);
      await folder.keep('redis/redis.conf', () => `requirepass ${password}`);
      await folder.keep('hosts/redis-url', () => `redis://:${password}@${redis}`);
      await keepStreamSecrets(folder, nats);
      context.print(
        folder.made === 0 ? 'Nothing to do: every secret is there.\n' : `${folder.made} secrets made.\n`,
      );
    });

/** Keeps a URL with a role and a password of its own for each module. */
async function keepModuleUrls(folder: SecretFolder, name: string, address: string): Promise<void> {
  const [server] = serverUrls(`postgres://${address}`);
  const database = decodeURIComponent(new URL(server!).pathname.slice(1));
  for (const schema of moduleNames) {
    const role = encodeURIComponent(roleName(database, schema));
    await folder.keep(`${schema}/${name}`, () => `postgres://${role}:${randomPassword()}@${address}`);
  }
}

async function keepClusterSecrets(folder: SecretFolder, address: string): Promise<void> {
  for (const name of ['superuser', 'replication', 'rewind', 'restapi'])
    await folder.keep(`patroni/${name}-password`, randomPassword);
  const owner = await folder.keep('patroni/owner-password', randomPassword);
  await folder.keep('migrate/ha-database-url', () => `postgres://tearline:${owner}@${address}`);
  await keepModuleUrls(folder, 'ha-database-url', address);
}

async function keepStreamSecrets(folder: SecretFolder, address: string): Promise<void> {
  // A letter in front: in its configuration, NATS takes other values for numbers.
  const password = () => `p${randomPassword()}`;
  const hosts = await folder.keep('nats/hosts-password', password);
  const store = await folder.keep('nats/store-password', password);
  await folder.keep('hosts/logs-url', () => `nats://hosts:${hosts}@${address}`);
  await folder.keep('logs/logs-url', () => `nats://store:${store}@${address}`);
}

function refuseWrongHosts(address: string): void {
  for (const server of serverUrls(`postgres://${address}`))
    refuseWrongAddress('postgres', server.slice('postgres://'.length), 'db-1,db-2,db-3/tearline', 'ha');
}

function refuseWrongAddress(scheme: string, address: string, example: string, option = scheme): void {
  const mistake = urlMistake(`${scheme}://user:password@${address}`, { example, schemes: [scheme] });
  if (mistake !== undefined) throw new UsageError(`--${option}: ${mistake}`);
}

/** Of letters that need no quotes in a URL, a shell or a configuration file. */
const randomPassword = () => randomBytes(32).toString('base64url');

function addOwner(text: string, owners: Owners = {}): Owners {
  const [, folder = '', uid] = /^(?:([a-z][a-z0-9-]*)=)?(\d{1,9})$/.exec(text) ?? [];
  if (uid === undefined) throw new InvalidArgumentError('Expected the id of a user, as 1000 or redis=999.');
  return { ...owners, [folder]: Number(uid) };
}

/** Files that are written once, and that only their owners read. */
class SecretFolder {
  made = 0;

  constructor(
    private readonly folder: string,
    private readonly owners: Owners,
  ) {}

  /** What a file holds; of one that is not there, what it gets. */
  async keep(name: string, make: () => string | Promise<string>): Promise<string> {
    const file = join(this.folder, name);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await this.#restrict(dirname(file), 0o700, name);
    if (existsSync(file)) {
      await this.#restrict(file, 0o600, name);
      return (await readFile(file, 'utf8')).trimEnd();
    }
    const secret = await make();
    await writeFile(`${file}.new`, `${secret}\n`, { mode: 0o600 });
    await this.#restrict(`${file}.new`, 0o600, name);
    await rename(`${file}.new`, file);
    this.made += 1;
    return secret;
  }

  /** Files of earlier releases were readable by every local user. */
  async #restrict(path: string, mode: number, name: string): Promise<void> {
    const owner = this.owners[dirname(name)] ?? this.owners[''];
    await chmod(path, mode);
    if (owner !== undefined) await chown(path, owner, owner);
  }
}
