import { nginxConfig } from '@tearline/topology';
import { randomBytes } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressesOf, nameOf, type Replica, replicasOf } from '../../../../apps/topology/src/addresses.js';
import { hostEnvironment, type Run } from '../../../../apps/topology/src/host-environment.js';
import { manifests } from '@tearline/modules';
import {
  findNginx,
  freePorts,
  isReady,
  nginxCommand,
  OrphanReaper,
  ProcessOutput,
  type ProcessSpec,
  SupervisedProcess,
} from '@tearline/process';
import { DelayProxy, EmulatedNetwork } from './delay-proxy.js';
import type { DeploymentSpec, Running } from './deployment-spec.js';

const DIST = join(import.meta.dirname, '../../../..');
const BLOCK = join(import.meta.dirname, 'block-on-signal.js');

interface Host {
  readonly replica: Replica;
  process: SupervisedProcess;
}

/** A topology's processes behind nginx, which unlike those of `npm run topology` can be changed while they run. */
export class Deployment {
  readonly #wire: EmulatedNetwork | undefined;
  readonly #proxies: DelayProxy[] = [];
  readonly #hosts: Host[] = [];
  readonly #log: WriteStream;
  readonly #output: ProcessOutput;
  #run: Run;
  /** The same, as callers see it. */
  #advertised: readonly Replica[] = [];
  #reaper: OrphanReaper;
  #folder: string;
  #port = 0;
  #nginx: SupervisedProcess;

  constructor(private readonly plan: DeploymentSpec) {
    this.#log = createWriteStream(plan.log, { flags: 'a' });
    this.#output = new ProcessOutput('json', (line) => void this.#log.write(`${line}\n`), 0, false);
    this.#wire = plan.isProxied ? new EmulatedNetwork() : undefined;
  }

  async start(): Promise<Running> {
    const { plan } = this;
    this.#folder = await mkdtemp(join(tmpdir(), 'tearline-lab-nginx-'));
    // The workers of a privileged nginx are somebody else, who must be able to walk in.
    await chmod(this.#folder, 0o711);
    this.#reaper = new OrphanReaper(this.#folder);
    const replicas = await replicasOf(plan.topology);
    this.#advertised = await Promise.all(replicas.map((replica) => this.#advertise(replica)));
    const { topology, urls, jwks, signingKey, redisUrl, connections, mediaDir } = plan;
    const rpcSecret = randomBytes(32).toString('base64url');
    const rest = { topology, urls, jwks, signingKey, redisUrl, connections, mediaDir };
    this.#run = {
      ...rest,
      rpcSecret,
      consistencySecret: rpcSecret,
      // One server for all: what replicas take off a primary is another question.
      replicaUrls: Object.fromEntries(Object.keys(urls).map((module) => [module, []])),
      operatorPassword: undefined,
      replicas: this.#advertised,
    };
    for (const replica of replicas) this.#hosts.push({ replica, process: this.#process(replica) });
    await Promise.all(this.#hosts.map(({ process }) => process.start()));
    await this.#startNginx();
    return this.running();
  }

  running(): Running {
    return {
      url: `http://127.0.0.1:${this.#port}`,
      nginx: this.#nginx.pid!,
      hosts: this.#hosts.map(({ replica, process }) => ({
        name: nameOf(replica),
        host: replica.host.name,
        modules: replica.host.modules,
        url: urlOf(replica),
        pid: process.pid!,
      })),
    };
  }

  /** Milliseconds that a call to another host and its answer take longer together. */
  delay(roundTrip: number): void {
    if (!this.#wire) throw new Error('the deployment has no proxies');
    this.#wire.roundTrip = roundTrip;
  }

  /** Bytes that have gone between hosts so far, both ways. */
  bytes(): number {
    return this.#wire?.bytes ?? 0;
  }

  /**
   * Starts one process more of a host, and gives it its part of the requests from outside. Hosts that call it are told
   * of addresses when they start, so they go on with those they know.
   */
  async add(name: string, cores: string | undefined): Promise<Running> {
    const same = this.#hosts.filter(({ replica }) => replica.host.name === name);
    const [httpPort, rpcPort] = await freePorts(2);
    const { host, rpcPort: isCalled } = same[0]!.replica;
    const replica: Replica = {
      host,
      number: same.length + 1,
      httpPort: httpPort!,
      rpcPort: isCalled === undefined ? undefined : rpcPort,
    };
    const added = { replica, process: this.#process(replica, { cores }) };
    this.#hosts.push(added);
    await added.process.start();
    await nginxCommand('', this.#folder, this.#configuration());
    process.kill(this.#nginx.pid!, 'SIGHUP');
    return this.running();
  }

  /** Replaces the processes that run a module by such with other code, one after the other, at the same addresses. */
  async roll(module: string, code: string): Promise<Running> {
    for (const host of this.#hosts.filter(({ replica }) => replica.host.modules.includes(module))) {
      await host.process.stop();
      host.process = this.#process(host.replica, { code });
      await host.process.start();
    }
    return this.running();
  }

  /** Lets requests finish, and leaves nothing behind. */
  async stop(): Promise<void> {
    await this.#nginx?.stop();
    await Promise.all(this.#hosts.map(({ process }) => process.stop()));
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
    await this.#wire?.close();
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
    this.#reaper?.dismiss();
    this.#log.end();
  }

  async #advertise(replica: Replica): Promise<Replica> {
    if (!this.#wire || replica.rpcPort === undefined) return replica;
    const proxy = new DelayProxy(this.#wire, replica.rpcPort);
    this.#proxies.push(proxy);
    return { ...replica, rpcPort: await proxy.listen() };
  }

  #process(
    replica: Replica,
    { cores = this.plan.cores, code = DIST }: { cores?: string | undefined; code?: string } = {},
  ): SupervisedProcess {
    const given = { PATH: process.env['PATH'], ...this.plan.env, NODE_OPTIONS: `--import=${BLOCK}` };
    const spec: ProcessSpec = {
      name: nameOf(replica),
      command: on(cores, process.execPath, join(code, 'apps/service/src/main.js')),
      env: { ...hostEnvironment(replica, this.#run, given), LOG_FORMAT: 'json' },
      isReady: () => isReady(urlOf(replica)),
      stopSignal: 'SIGTERM',
    };
    return new SupervisedProcess(spec, this.#output, this.#reaper);
  }

  async #startNginx(): Promise<void> {
    [this.#port] = (await freePorts(1)) as [number];
    const nginx = await findNginx(process.env['PATH']);
    const command = await nginxCommand(nginx, this.#folder, this.#configuration());
    const spec: ProcessSpec = {
      name: 'nginx',
      command: on(this.plan.cores, ...command),
      env: { PATH: process.env['PATH'] },
      isReady: () => isReady(`http://127.0.0.1:${this.#port}`),
      stopSignal: 'SIGQUIT',
    };
    this.#nginx = new SupervisedProcess(spec, this.#output, this.#reaper);
    await this.#nginx.start();
  }

  #configuration(): string {
    const replicas = this.#hosts.map(({ replica }) => replica);
    const addresses = Object.fromEntries(
      this.plan.topology.hosts.map(({ name }) => [name, addressesOf(replicas, name, 'http')]),
    );
    return nginxConfig({
      topology: this.plan.topology,
      manifests,
      addresses,
      listen: `127.0.0.1:${this.#port}`,
      workers: this.plan.nginxWorkers,
    });
  }
}

const urlOf = ({ httpPort }: Replica) => `http://127.0.0.1:${httpPort}`;

function on(cores: string | undefined, ...command: [string, ...string[]]): [string, ...string[]] {
  return cores === undefined ? command : ['taskset', '-c', cores, ...command];
}
