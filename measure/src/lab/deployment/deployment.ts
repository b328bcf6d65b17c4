import { manifests } from '@tearline/modules';
import {
  findNginx,
  freePorts,
  isReady,
  nginxCommand,
  OrphanReaper,
  ProcessOutput,
  SupervisedProcess,
} from '@tearline/process';
import { edgeLimits } from '@tearline/composition';
import { openFileLimit } from '@tearline/host';
import { nginxConfig, type Topology } from '@tearline/topology';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressesOf, nameOf, type Replica, replicasOf } from '../../../../apps/topology/src/addresses.js';
import { hostEnvironment, type Run } from '../../../../apps/topology/src/host-environment.js';
import type { Cores } from '../../kit/machine.js';
import { onCores } from '../../kit/server-process.js';
import { subfolder } from '../../kit/temporary-dir.js';
import type { Running, Target } from '../target.js';
import type { NetworkState } from './delay-proxy.js';
import { type Proxies, startProxies } from './proxies.js';

const DIST = join(import.meta.dirname, '../../../..');
const BLOCK = join(import.meta.dirname, 'block-on-signal.js');

export interface DeploymentOptions {
  /** The name in the results. */
  readonly name: string;
  /** Processes that all others of PostgreSQL and Redis descend from. */
  readonly postgres: readonly number[];
  readonly redis: readonly number[];
  readonly run: Omit<Run, 'replicas'>;
  /** Further settings of the hosts. */
  readonly env: Readonly<Record<string, string>>;
  readonly cores: Cores;
  /** Whether calls between hosts go through proxies that delay and count them. */
  readonly isProxied: boolean;
  /** A folder for the configuration of nginx and the output of the processes. */
  readonly dir: string;
}

interface Host {
  readonly replica: Replica;
  process: SupervisedProcess;
}

/** The processes of a topology behind nginx. Unlike those of `npm run topology` they can be changed while they run. */
export class Deployment implements Target {
  readonly name: string;
  readonly topology: Topology;
  readonly postgres: readonly number[];
  readonly redis: readonly number[];
  readonly #hosts: Host[] = [];
  readonly #log: string;
  readonly #output: ProcessOutput;
  readonly #reaper: OrphanReaper;
  /** The replicas are those that other hosts call: behind the proxies. */
  #run: Run;
  #proxies: Proxies | undefined;
  #nginx: SupervisedProcess | undefined;
  #port = 0;
  #isStopping = false;

  constructor(private readonly options: DeploymentOptions) {
    ({ name: this.name, postgres: this.postgres, redis: this.redis } = options);
    this.topology = options.run.topology;
    this.#log = join(options.dir, 'processes.log');
    this.#output = new ProcessOutput('json', (line) => appendFileSync(this.#log, `${line}\n`), 0, false);
    this.#reaper = new OrphanReaper(join(options.dir, 'nginx'));
  }

  /** @throws Error with the end of the log when a process does not start */
  async start(): Promise<void> {
    const replicas = await replicasOf(this.topology);
    this.#run = { ...this.options.run, replicas: await this.#advertised(replicas) };
    try {
      for (const replica of replicas) this.#hosts.push({ replica, process: this.#host(replica) });
      await Promise.all(this.#hosts.map(({ process }) => process.start()));
      await this.#startNginx();
    } catch (error) {
      await this.stop();
      const lines = readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-10).join('\n');
      throw new Error(`topology '${this.topology.name}': ${(error as Error).message}\n${lines}`, {
        cause: error,
      });
    }
  }

  get running(): Running {
    return {
      url: `http://127.0.0.1:${this.#port}`,
      nginx: this.#nginx!.pid!,
      hosts: this.#hosts.map(({ replica, process }) => ({
        name: nameOf(replica),
        host: replica.host.name,
        modules: replica.host.modules,
        url: urlOf(replica),
        pid: process.pid!,
      })),
    };
  }

  /** The delay of calls between hosts, and the bytes of these. @throws Error for a deployment without proxies */
  get network(): NetworkState {
    if (!this.#proxies) throw new Error('expected a deployment with proxies');
    return this.#proxies.network;
  }

  /**
   * Starts one more process of a host, and adds it to nginx. Other hosts read the RPC addresses when they start, so they
   * do not call it.
   */
  async add(name: string, cores: string | undefined): Promise<void> {
    const same = this.#hosts.filter(({ replica }) => replica.host.name === name);
    const [httpPort, rpcPort] = (await freePorts(2)) as [number, number];
    const { host, rpcPort: isCalled } = same[0]!.replica;
    const number = same.length + 1;
    const replica = { host, number, httpPort, rpcPort: isCalled === undefined ? undefined : rpcPort };
    const added = { replica, process: this.#host(replica, { cores }) };
    this.#hosts.push(added);
    await added.process.start();
    await this.#nginxCommand();
    process.kill(this.#nginx!.pid!, 'SIGHUP');
  }

  /**
   * Replaces a process by one at the same addresses.
   * @param code the built code that it runs; the same by default
   * @returns the milliseconds until the new process is ready
   */
  async restart(name: string, code?: string): Promise<number> {
    const host = this.#hosts.find(({ replica }) => nameOf(replica) === name)!;
    await host.process.stop();
    host.process = this.#host(host.replica, { code });
    const started = performance.now();
    await host.process.start();
    return performance.now() - started;
  }

  /** Stops everything after the requests in flight. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#nginx?.stop();
    await Promise.all(this.#hosts.map(({ process }) => process.stop()));
    await this.#proxies?.close();
    this.#reaper.dismiss();
  }

  /** Ends everything at once: at the end of a run nothing is left to lose, and draining takes seconds for each deployment. */
  kill(): Promise<void> {
    this.#nginx?.kill();
    for (const { process } of this.#hosts) process.kill();
    return this.stop();
  }

  async #advertised(replicas: readonly Replica[]): Promise<readonly Replica[]> {
    if (!this.options.isProxied) return replicas;
    const { ports } = (this.#proxies = await startProxies(replicas.flatMap(({ rpcPort }) => rpcPort ?? [])));
    return replicas.map((replica) => ({
      ...replica,
      rpcPort: replica.rpcPort && ports.get(replica.rpcPort),
    }));
  }

  #host(
    replica: Replica,
    {
      cores = this.options.cores.hosts,
      code = DIST,
    }: { cores?: string | undefined; code?: string | undefined } = {},
  ): SupervisedProcess {
    const given = { PATH: process.env['PATH'], ...this.options.env, NODE_OPTIONS: `--import=${BLOCK}` };
    const command = [process.execPath, join(code, 'hosts/service.js')] as const;
    const env = { ...hostEnvironment(replica, this.#run, given), LOG_FORMAT: 'json' };
    return this.#process(nameOf(replica), urlOf(replica), 'SIGTERM', onCores(cores, ...command), env);
  }

  async #startNginx(): Promise<void> {
    [this.#port] = (await freePorts(1)) as [number];
    const command = onCores(this.options.cores.hosts, ...(await this.#nginxCommand()));
    const env = { PATH: process.env['PATH'] };
    this.#nginx = this.#process('nginx', `http://127.0.0.1:${this.#port}`, 'SIGQUIT', command, env);
    await this.#nginx.start();
  }

  /** Writes the configuration. @returns the command that runs nginx with it */
  async #nginxCommand(): Promise<[string, ...string[]]> {
    const replicas = this.#hosts.map(({ replica }) => replica);
    const configuration = nginxConfig({
      topology: this.topology,
      manifests,
      addresses: Object.fromEntries(
        this.topology.hosts.map(({ name }) => [name, addressesOf(replicas, name, 'http')]),
      ),
      listen: `127.0.0.1:${this.#port}`,
      limits: edgeLimits(this.options.env, manifests),
      openFiles: openFileLimit(),
      cores: this.options.cores.count,
      reusePort: process.platform === 'linux',
    });
    const folder = await subfolder(this.options.dir, 'nginx');
    return nginxCommand(await findNginx(process.env['PATH']), folder, configuration);
  }

  #process(
    name: string,
    url: string,
    stopSignal: NodeJS.Signals,
    command: readonly string[],
    env: NodeJS.ProcessEnv,
  ): SupervisedProcess {
    // The processes write their output into the file, so that it takes no time of the load generator.
    const logged = ['/bin/sh', '-c', 'exec "$@" >> "$0" 2>&1', this.#log, ...command] as const;
    const spec = { name, command: logged, env, isReady: () => isReady(url), stopSignal };
    const made = new SupervisedProcess(spec, this.#output, this.#reaper);
    if (this.#isStopping) void made.stop();
    return made;
  }
}

const urlOf = ({ httpPort }: Replica) => `http://127.0.0.1:${httpPort}`;
