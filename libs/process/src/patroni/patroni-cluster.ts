import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { freePorts } from '../ports.js';
import { ClusterFiles } from './cluster-files.js';
import type { ClusterContext, ClusterProcess } from './cluster-process.js';
import { etcdProcess } from './etcd-process.js';
import {
  memberConfig,
  type MemberAddresses,
  type PatroniPasswords,
  type PatroniTuning,
} from './member-config.js';
import { isComplete, membersOf, type MemberStatus, requestApi } from './patroni-api.js';
import { PatroniMember } from './patroni-member.js';

export interface PatroniClusterOptions extends Omit<ClusterContext, 'env'> {
  /** Where etcd listens; by default on a free port. */
  readonly etcd?: string;
  /** By default three members on free ports. */
  readonly members?: readonly MemberAddresses[];
  /** Applies when the cluster is created. */
  readonly tuning?: PatroniTuning;
  /** Applies when the cluster is created; 300 by default. */
  readonly maxConnections?: number;
}

const MEMBERS = 3;
const COMPLETE_TIMEOUT_MS = 300_000;
const SWITCHOVER_TIMEOUT_MS = 120_000;
const FILES = fileURLToPath(new URL('../../../../docker/patroni/', import.meta.url));

/** PostgreSQL servers under Patroni, and etcd, as processes of this machine. */
export class PatroniCluster {
  #isStopping = false;

  private constructor(
    private readonly passwords: PatroniPasswords,
    private readonly isSynchronous: boolean,
    readonly etcd: ClusterProcess,
    readonly members: readonly PatroniMember[],
  ) {}

  /** Writes the configuration of a new cluster, or of that in the folder, and starts nothing. */
  static async create(options: PatroniClusterOptions): Promise<PatroniCluster> {
    const { dir, programs, user, tuning = {}, maxConnections = 300 } = options;
    const files = new ClusterFiles(dir, user);
    const passwords = await files.passwords();
    const ownerPassword = await files.write('owner-password', passwords.owner);
    const context: ClusterContext = { ...options, env: environment(programs.postgres, ownerPassword) };
    const bootstrap = await files.write('bootstrap.sh', await readFile(join(FILES, 'bootstrap.sh'), 'utf8'));
    const base = await readFile(join(FILES, 'patroni.yaml'), 'utf8');
    const etcd = options.etcd ?? (await newAddresses(1))[0]!;
    await files.folder('etcd');
    const members: PatroniMember[] = [];
    for (const addresses of options.members ?? (await newMembers(etcd))) {
      const { name } = addresses;
      const folder = await files.folder(name);
      const data = join(folder, 'data');
      const config = memberConfig(base, {
        addresses,
        passwords,
        tuning,
        maxConnections,
        data,
        programs: programs.postgres,
        pgpass: join(folder, 'pgpass'),
        bootstrap,
      });
      const file = await files.write(join(name, 'patroni.yaml'), stringify(config));
      members.push(new PatroniMember(addresses, file, data, context));
    }
    const isSynchronous = tuning.synchronous_mode !== false;
    return new PatroniCluster(passwords, isSynchronous, await etcdProcess(etcd, context), members);
  }

  /** The owner's URL of all members. */
  get url(): string {
    const { owner } = this.passwords;
    const hosts = this.members.map(({ addresses }) => addresses.postgres);
    return `postgres://tearline:${owner}@${hosts.join()}/tearline`;
  }

  /** Returns the owner's URL of one member. */
  urlOf({ addresses }: PatroniMember): string {
    return `postgres://tearline:${this.passwords.owner}@${addresses.postgres}/tearline`;
  }

  /** Resolves when there is a leader, and all others follow it, or when `stop` is called. */
  async start(): Promise<void> {
    await this.etcd.start();
    if (!this.#isStopping) await Promise.all(this.members.map((member) => member.start()));
    await this.complete();
  }

  /** Stops the leader last, so that no other member takes its place. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const leader = await this.leader().catch(() => undefined);
    await Promise.all(this.members.filter((member) => member !== leader).map((member) => member.stop()));
    await leader?.stop();
    await this.etcd.stop();
  }

  /** Returns the members as the first of them that answers reports them. @throws Error when none answers */
  status(): Promise<MemberStatus[]> {
    return Promise.any(this.members.map(({ addresses }) => membersOf(addresses.api)));
  }

  /** Returns the leader. @throws Error while there is none */
  async leader(): Promise<PatroniMember> {
    const leader = (await this.status()).find(({ role }) => role === 'leader');
    const member = this.members.find(({ name }) => name === leader?.name);
    if (!member) throw new Error('Patroni has no leader');
    return member;
  }

  /** Resolves when there is a leader, and all others follow it. */
  async complete(): Promise<void> {
    const deadline = performance.now() + COMPLETE_TIMEOUT_MS;
    while (!this.#isStopping) {
      const status = await this.status().catch(() => []);
      if (isComplete(status, this.members.length, this.isSynchronous)) return;
      if (performance.now() > deadline)
        throw new Error(`not every member follows a leader: ${JSON.stringify(status)}`);
      await pause(100);
    }
  }

  /** Lets a replica take the leader's place. Resolves when it has. */
  async switchover(): Promise<void> {
    const { name, addresses } = await this.leader();
    const credentials = Buffer.from(`patroni:${this.passwords.restapi}`).toString('base64');
    await requestApi(addresses.api, '/switchover', {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}` },
      body: JSON.stringify({ leader: name }),
      signal: AbortSignal.timeout(SWITCHOVER_TIMEOUT_MS),
    });
  }
}

/** PATH has PostgreSQL's programs for the script that creates the database. */
const environment = (postgres: string, ownerPassword: string): NodeJS.ProcessEnv => ({
  PATH: `${postgres}:${process.env['PATH']}`,
  LC_ALL: 'C.UTF-8',
  PYTHONUNBUFFERED: '1',
  OWNER_PASSWORD_FILE: ownerPassword,
});

const newAddresses = async (count: number) => (await freePorts(count)).map((port) => `127.0.0.1:${port}`);

async function newMembers(etcd: string): Promise<MemberAddresses[]> {
  const addresses = await newAddresses(2 * MEMBERS);
  return Array.from({ length: MEMBERS }, (_, index) => ({
    name: `patroni-${index + 1}`,
    postgres: addresses[2 * index]!,
    api: addresses[2 * index + 1]!,
    etcd,
  }));
}
