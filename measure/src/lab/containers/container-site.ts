import type { Topology } from '@tearline/topology';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Container, DockerCompose } from '../../../../apps/compose/src/docker-compose.js';
import { nginxOf, serviceOf } from '../../../../apps/compose/src/files/names.js';
import { type MetricsProxy, startMetricsProxy } from '../../../../apps/compose/src/metrics-proxy.js';
import { untilHealthy } from '../../../../apps/compose/src/until-healthy.js';
import { freePorts } from '@tearline/process';
import type { Cleanup } from '../../kit/cleanup.js';
import { SEED_COUNTS, queryOwner } from '../../kit/database.js';
import { type Keys, type Samples, takeSamples } from '../../kit/samples.js';
import type { Cores } from '../cores.js';
import type { HostProcess, Running } from '../deployment/deployment-spec.js';
import type { Place, Placed } from '../measure/subject.js';
import { CONNECTIONS, FOR_LOAD } from '../site.js';
import { UsageError } from '../usage-error.js';

const execute = promisify(execFile);
/** Hosts start, and are checked, on the few cores that they are measured on. */
const PATIENT_CHECKS = { start_period: '150s', interval: '20s' };
const SERVERS = ['postgres', 'postgres-replica', 'redis'] as const;
type Server = (typeof SERVERS)[number];
/** Before the deployment makes one of its own. */
const KEEP_KEY = `
  const { mkdirSync, writeFileSync } = process.getBuiltinModule('fs');
  mkdirSync('/run/secrets/identity', { recursive: true });
  writeFileSync('/run/secrets/identity/signing-key', process.env.KEY, { mode: 0o444 });`;
const OWNER_URL =
  "process.getBuiltinModule('fs').readFileSync('/run/secrets/migrate/database-url', 'utf8').trim()";
const INSPECTED = '{{.Id}} {{.State.Pid}} {{range .NetworkSettings.Networks}}{{.IPAddress}},{{end}}';

export interface ContainerSiteOptions {
  readonly name: string;
  readonly topology: Topology;
  /** Compose's, so that it has servers and volumes of its own. */
  readonly project: string;
  readonly dir: string;
  readonly cores: Cores;
  /** Containers of each host. */
  readonly replicas: number;
  readonly keys: Keys;
}

/** A topology as its profile in docker/compose.yaml, on the cores that are meant for it, with data like all others. */
export class ContainerSite implements Place, Placed {
  readonly name: string;
  readonly topology: Topology;
  readonly #compose: DockerCompose;
  #containers: readonly Container[] = [];
  #pids: ReadonlyMap<string, number> = new Map();
  #door: MetricsProxy | undefined;
  #running: Running | undefined;

  private constructor(
    private readonly options: ContainerSiteOptions,
    override: string,
    env: NodeJS.ProcessEnv,
  ) {
    ({ name: this.name, topology: this.topology } = options);
    this.#compose = new DockerCompose('docker/compose.yaml', this.topology.name, options.project, env, [
      override,
    ]);
  }

  /** Builds and starts it, and fills its database. @throws UsageError when compose knows no such topology */
  static async up(options: ContainerSiteOptions, cleanup: Cleanup): Promise<ContainerSite> {
    const override = join(options.dir, `${options.project}.json`);
    await writeFile(override, JSON.stringify(overrideOf(options)));
    const [port] = await freePorts(1);
    const site = new ContainerSite(options, override, { ...process.env, PORT: `${port}` });
    await site.#mustBeKnown();
    cleanup.add(() => site.#down());
    await site.#up(options.keys);
    return site;
  }

  get postgres(): readonly number[] {
    return this.#pidsOf('postgres', 'postgres-replica');
  }

  get redis(): readonly number[] {
    return this.#pidsOf('redis');
  }

  /** Of all its containers. */
  get pids(): readonly number[] {
    return [...this.#pids.values()];
  }

  get running(): Running {
    return this.#running!;
  }

  async refresh(): Promise<Running> {
    const inspected = await this.#inspect(this.#containers);
    this.#pids = new Map(inspected.map(({ id, pid }) => [id, pid]));
    const { topology } = this;
    const hosts = topology.hosts.flatMap(({ name, modules }) =>
      this.#idsOf(serviceOf(topology, name)).map((id, index): HostProcess => ({
        name: `${name}.${index + 1}`,
        host: name,
        modules,
        url: this.#door!.urls.find((url) => url.endsWith(id))!,
        pid: this.#pids.get(id)!,
      })),
    );
    const [nginx] = this.#pidsOf(nginxOf(topology));
    const address = await this.#compose.output('port', nginxOf(topology), '3000');
    return (this.#running = { url: `http://${address.trim()}`, nginx: nginx!, hosts });
  }

  /** Stops a server, in order, and starts it again. */
  async restart(server: Server): Promise<void> {
    await this.#compose.output('restart', server);
  }

  /** Takes a server off the network that everybody reaches it on, and puts it back. */
  async cutOff(server: Server, seconds: number): Promise<void> {
    const [id] = this.#idsOf(server) as [string];
    const network = `${this.options.project}_data`;
    await execute('docker', ['network', 'disconnect', network, id]);
    try {
      await pause(seconds * 1000);
    } finally {
      await execute('docker', ['network', 'connect', '--alias', server, network, id]);
    }
  }

  /** What its database holds, the same as that of every other site. */
  async samples(): Promise<Samples> {
    return takeSamples(await this.#ownerUrl(), this.options.keys);
  }

  async postgresVersion(): Promise<string> {
    const [row] = await queryOwner<{ version: string }>(
      await this.#ownerUrl(),
      "select current_setting('server_version') as version",
    );
    return row!.version;
  }

  async #mustBeKnown(): Promise<void> {
    const known = (await this.#compose.output('config', '--services')).split('\n');
    if (!known.includes(nginxOf(this.topology)))
      throw new UsageError(
        `docker/compose.yaml has no topology '${this.topology.name}': put its file into topologies/, then ` +
          'npm run compose -- generate',
      );
  }

  async #up({ signingKey }: Keys): Promise<void> {
    const { topology } = this;
    // One service of each image; the others find theirs made.
    await this.#compose.output('build', 'migrate', serviceOf(topology, topology.hosts[0]!.name));
    await this.#once('secrets', { KEY: JSON.stringify(signingKey) }, 'node', '-e', KEEP_KEY);
    await this.#compose.output('up', '--detach');
    await untilHealthy(this.#compose);
    const counts = Object.entries(SEED_COUNTS).flatMap(([name, count]) => [`--${name}`, `${count}`]);
    await this.#once('migrate', { NODE_ENV: 'development' }, 'node', 'main.js', 'seed', ...counts);
    this.#containers = (await this.#compose.containers()).filter(({ State }) => State === 'running');
    this.#door = await startMetricsProxy(
      topology.hosts.flatMap(({ name }) => this.#idsOf(serviceOf(topology, name))),
    );
    await this.refresh();
  }

  async #down(): Promise<void> {
    await this.#door?.close();
    await this.#compose.output('down', '--remove-orphans', '--volumes', '--timeout', '5');
  }

  /** From this machine, which is a neighbour on the network of the data. */
  async #ownerUrl(): Promise<string> {
    const [server] = await this.#inspect(this.#containers.filter(({ Service }) => Service === 'postgres'));
    const url = new URL((await this.#once('migrate', {}, 'node', '-p', OWNER_URL)).trim());
    url.hostname = server!.address;
    return url.href;
  }

  /** Runs something in a container of a service, and takes what it prints. */
  #once(service: string, env: Record<string, string>, ...command: readonly string[]): Promise<string> {
    const given = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    return this.#compose.output('run', '--rm', '--no-deps', '-T', ...given, service, ...command);
  }

  #idsOf(...services: readonly string[]): string[] {
    return this.#containers.filter(({ Service }) => services.includes(Service)).map(({ ID }) => ID);
  }

  #pidsOf(...services: readonly string[]): number[] {
    return this.#idsOf(...services).map((id) => this.#pids.get(id)!);
  }

  async #inspect(containers: readonly Container[]): Promise<{ id: string; pid: number; address: string }[]> {
    const ids = containers.map(({ ID }) => ID);
    const { stdout } = await execute('docker', ['inspect', '--format', INSPECTED, ...ids]);
    return stdout
      .trim()
      .split('\n')
      .map((line, index) => {
        const [, pid, addresses = ''] = line.split(' ');
        return { id: ids[index]!, pid: Number(pid), address: addresses.split(',')[0]! };
      });
  }
}

/** What is equal for all topologies in a comparison, beside what compose says anyway. */
function overrideOf({ topology, cores, replicas }: ContainerSiteOptions): object {
  const on = (cpuset: string | undefined) => (cpuset === undefined ? {} : { cpuset });
  const hosts = topology.hosts.map(({ name, modules }) => [
    serviceOf(topology, name),
    {
      ...on(cores.hosts),
      deploy: { replicas },
      healthcheck: PATIENT_CHECKS,
      environment: {
        ...FOR_LOAD,
        DATABASE_CONNECTIONS: `${CONNECTIONS * modules.length}`,
      },
    },
  ]);
  const servers = SERVERS.map((name) => [name, on(cores.data)]);
  return {
    services: Object.fromEntries([...hosts, ...servers, [nginxOf(topology), on(cores.hosts)]]),
  };
}
