import type { Topology } from '@tearline/topology';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Container, DockerCompose } from '../../../../apps/compose/src/docker-compose.js';
import { writeGeneratedFiles } from '../../../../apps/compose/src/files/generated-files.js';
import { nginxOf, serviceOf } from '../../../../apps/compose/src/files/names.js';
import { type MetricsProxy, startMetricsProxy } from '../../../../apps/compose/src/metrics-proxy.js';
import { untilHealthy } from '../../../../apps/compose/src/until-healthy.js';
import { freePorts } from '@tearline/process';
import { SEED_OPTIONS, serverVersion } from '../../kit/database.js';
import { type Keys, type Samples, takeSamples } from '../../kit/samples.js';
import type { Setup } from '../setup.js';
import { CONNECTIONS_PER_MODULE, LOAD_SETTINGS } from '../host-settings.js';
import type { HostProcess, Running, Target } from '../target.js';

const execute = promisify(execFile);
/** Hosts start on few cores, so their health checks allow more time. */
const HEALTH_CHECK = { start_period: '150s', interval: '20s' };
const SERVERS = ['postgres', 'postgres-replica', 'redis'] as const;
type Server = (typeof SERVERS)[number];
/** Writes the run's signing key before compose generates one. */
const WRITE_KEY = `
  const { mkdirSync, writeFileSync } = process.getBuiltinModule('fs');
  mkdirSync('/run/secrets/identity', { recursive: true });
  writeFileSync('/run/secrets/identity/signing-key', process.env.KEY, { mode: 0o444 });`;
const PRINT_OWNER_URL =
  "process.getBuiltinModule('fs').readFileSync('/run/secrets/migrate/database-url', 'utf8').trim()";
const INSPECT_FORMAT = '{{.Id}} {{.State.Pid}} {{range .NetworkSettings.Networks}}{{.IPAddress}},{{end}}';

export interface ContainerOptions extends Pick<Setup, 'dir' | 'cores' | 'replicas'> {
  readonly name: string;
  readonly topology: Topology;
  /** The compose project, which has servers and volumes of its own. */
  readonly project: string;
  readonly keys: Keys;
}

/** A topology in containers, as `npm run compose` runs it, with seeded data. */
export class ContainerTarget implements Target {
  readonly name: string;
  readonly topology: Topology;
  readonly #compose: DockerCompose;
  #containers: readonly Container[] = [];
  #pids: ReadonlyMap<string, number> = new Map();
  #metricsProxy: MetricsProxy | undefined;
  #running: Running | undefined;

  private constructor(
    private readonly options: ContainerOptions,
    composeFile: string,
    override: string,
    env: NodeJS.ProcessEnv,
  ) {
    ({ name: this.name, topology: this.topology } = options);
    this.#compose = new DockerCompose(composeFile, options.project, env, [override]);
  }

  /** Builds, starts and seeds it. */
  static async start(options: ContainerOptions, cleanup: AsyncDisposableStack): Promise<ContainerTarget> {
    const override = join(options.dir, `${options.project}.json`);
    await writeFile(override, JSON.stringify(overrideOf(options)));
    const [port] = await freePorts(1);
    const composeFile = await writeGeneratedFiles(options.topology, process.env);
    const target = new ContainerTarget(options, composeFile, override, { ...process.env, PORT: `${port}` });
    cleanup.defer(() => target.#down());
    await target.#up(options.keys);
    return target;
  }

  get postgres(): readonly number[] {
    return this.#pidsOf('postgres', 'postgres-replica');
  }

  get redis(): readonly number[] {
    return this.#pidsOf('redis');
  }

  /** The processes of all containers. */
  get pids(): readonly number[] {
    return [...this.#pids.values()];
  }

  get running(): Running {
    return this.#running!;
  }

  async refresh(): Promise<void> {
    const inspected = await this.#inspect(this.#containers);
    this.#pids = new Map(inspected.map(({ id, pid }) => [id, pid]));
    const { topology } = this;
    const hosts = topology.hosts.flatMap(({ name, modules }) =>
      this.#idsOf(serviceOf(topology, name)).map((id, index): HostProcess => ({
        name: `${name}.${index + 1}`,
        host: name,
        modules,
        url: this.#metricsProxy!.urls.find((url) => url.endsWith(id))!,
        pid: this.#pids.get(id)!,
      })),
    );
    const [nginx] = this.#pidsOf(nginxOf(topology));
    const address = await this.#compose.output('port', nginxOf(topology), '3000');
    this.#running = { url: `http://${address.trim()}`, nginx: nginx!, hosts };
  }

  /** Stops a server gracefully and starts it again. */
  async restart(server: Server): Promise<void> {
    await this.#compose.output('restart', server);
  }

  /** Disconnects a server from the network of the hosts for a while. */
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

  async samples(): Promise<Samples> {
    return takeSamples(await this.#ownerUrl(), this.options.keys);
  }

  async postgresVersion(): Promise<string> {
    return serverVersion(await this.#ownerUrl());
  }

  async #up({ signingKey }: Keys): Promise<void> {
    const { topology } = this;
    // One service of each image builds it for the others.
    await this.#compose.output('build', 'migrate', serviceOf(topology, topology.hosts[0]!.name));
    await this.#runOnce('secrets', { KEY: JSON.stringify(signingKey) }, 'node', '-e', WRITE_KEY);
    await this.#compose.output('up', '--detach');
    await untilHealthy(this.#compose);
    await this.#runOnce('migrate', { NODE_ENV: 'development' }, 'node', 'main.js', 'seed', ...SEED_OPTIONS);
    this.#containers = (await this.#compose.containers()).filter(({ State }) => State === 'running');
    this.#metricsProxy = await startMetricsProxy(
      topology.hosts.flatMap(({ name }) => this.#idsOf(serviceOf(topology, name))),
    );
    await this.refresh();
  }

  async #down(): Promise<void> {
    await this.#metricsProxy?.close();
    await this.#compose.output('down', '--remove-orphans', '--volumes', '--timeout', '5');
  }

  /** Returns the owner's URL as seen from this machine, which reaches the containers' network. */
  async #ownerUrl(): Promise<string> {
    const [server] = await this.#inspect(this.#containers.filter(({ Service }) => Service === 'postgres'));
    const url = new URL((await this.#runOnce('migrate', {}, 'node', '-p', PRINT_OWNER_URL)).trim());
    url.hostname = server!.address;
    return url.href;
  }

  /** Runs a command in a new container of a service. @returns its output */
  #runOnce(service: string, env: Record<string, string>, ...command: readonly string[]): Promise<string> {
    const options = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    return this.#compose.output('run', '--rm', '--no-deps', '-T', ...options, service, ...command);
  }

  #idsOf(...services: readonly string[]): string[] {
    return this.#containers.filter(({ Service }) => services.includes(Service)).map(({ ID }) => ID);
  }

  #pidsOf(...services: readonly string[]): number[] {
    return this.#idsOf(...services).map((id) => this.#pids.get(id)!);
  }

  async #inspect(containers: readonly Container[]): Promise<{ id: string; pid: number; address: string }[]> {
    const ids = containers.map(({ ID }) => ID);
    const { stdout } = await execute('docker', ['inspect', '--format', INSPECT_FORMAT, ...ids]);
    return stdout
      .trim()
      .split('\n')
      .map((line, index) => {
        const [, pid, addresses = ''] = line.split(' ');
        return { id: ids[index]!, pid: Number(pid), address: addresses.split(',')[0]! };
      });
  }
}

/** Returns the compose override that makes topologies comparable. */
function overrideOf({ topology, cores, replicas }: ContainerOptions): object {
  const on = (cpuset: string | undefined) => (cpuset === undefined ? {} : { cpuset });
  const hosts = topology.hosts.map(({ name, modules }) => [
    serviceOf(topology, name),
    {
      ...on(cores.hosts),
      deploy: { replicas },
      healthcheck: HEALTH_CHECK,
      environment: {
        ...LOAD_SETTINGS,
        DATABASE_CONNECTIONS: `${CONNECTIONS_PER_MODULE * modules.length}`,
      },
    },
  ]);
  const servers = SERVERS.map((name) => [name, on(cores.data)]);
  return {
    services: Object.fromEntries([...hosts, ...servers, [nginxOf(topology), on(cores.hosts)]]),
  };
}
