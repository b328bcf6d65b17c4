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
import { onCores } from '../../kit/server-process.js';
import { DelayProxy, EmulatedNetwork } from './delay-proxy.js';
import type { Running } from '../target.js';
import type { DeploymentSpec } from './deployment-spec.js';

const DIST = join(import.meta.dirname, '../../../..');
const BLOCK = join(import.meta.dirname, 'block-on-signal.js');

interface Host {
  readonly replica: Replica;
  process: SupervisedProcess;
}

/** The processes of a topology behind nginx. Unlike those of `npm run topology` they can be changed while they run. */
export class Deployment {
  readonly #network: EmulatedNetwork | undefined;
  readonly #proxies: DelayProxy[] = [];
  readonly #hosts: Host[] = [];
  readonly #log: WriteStream;
  readonly #output: ProcessOutput;
  #run: Run;
  /** The replicas as other hosts see them: behind the proxies. */
  #advertised: readonly Replica[] = [];
  #reaper: OrphanReaper;
  #folder: string;
  #port = 0;
  #nginx: SupervisedProcess;

  constructor(private readonly spec: DeploymentSpec) {
    this.#log = createWriteStream(spec.log, { flags: 'a' });
    this.#output = new ProcessOutput('json', (line) => void this.#log.write(`${line}\n`), 0, false);
    this.#network = spec.isProxied ? new EmulatedNetwork() : undefined;
  }

  async start(): Promise<Running> {
    const { spec } = this;
    this.#folder = await mkdtemp(join(tmpdir(), 'tearline-lab-nginx-'));
    // The workers of a privileged nginx run as another user, who needs access to the folder.
    await chmod(this.#folder, 0o711);
    this.#reaper = new OrphanReaper(this.#folder);
    const replicas = await replicasOf(spec.topology);
    this.#advertised = await Promise.all(replicas.map((replica) => this.#advertise(replica)));
    const { topology, urls, jwks, signingKey, redisUrl, connections, mediaDir } = spec;
    const rpcSecret = randomBytes(32).toString('base64url');
    const rest = { topology, urls, jwks, signingKey, redisUrl, connections, mediaDir };
    this.#run = {
      ...rest,
      rpcSecret,
      consistencySecret: rpcSecret,
      // No replicas: `npm run bench:replicas` measures those.
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

  /** Sets the milliseconds that the network between hosts adds to a round trip. */
  setDelay(roundTrip: number): void {
    if (!this.#network) throw new Error('expected a deployment with proxies');
    this.#network.roundTrip = roundTrip;
  }

  /** Returns the bytes between hosts so far, both ways. */
  bytes(): number {
    return this.#network?.bytes ?? 0;
  }

  /**
   * Starts one more process of a host, and adds it to nginx. Other hosts read the RPC addresses when they start, so they
   * do not call it.
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

  /** Replaces a process by one at the same addresses. @param code the built code that it runs; the same by default */
  async restart(name: string, code?: string): Promise<Running & { startMs: number }> {
    const host = this.#hosts.find(({ replica }) => nameOf(replica) === name)!;
    await host.process.stop();
    host.process = this.#process(host.replica, { code });
    const started = performance.now();
    await host.process.start();
    return { ...this.running(), startMs: performance.now() - started };
  }

  /** Stops everything after the requests in flight. */
  async stop(): Promise<void> {
    await this.#nginx?.stop();
    await Promise.all(this.#hosts.map(({ process }) => process.stop()));
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
    await this.#network?.close();
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
    this.#reaper?.dismiss();
    this.#log.end();
  }

  async #advertise(replica: Replica): Promise<Replica> {
    if (!this.#network || replica.rpcPort === undefined) return replica;
    const proxy = new DelayProxy(this.#network, replica.rpcPort);
    this.#proxies.push(proxy);
    return { ...replica, rpcPort: await proxy.listen() };
  }

  #process(
    replica: Replica,
    { cores = this.spec.cores, code = DIST }: { cores?: string | undefined; code?: string | undefined } = {},
  ): SupervisedProcess {
    const given = { PATH: process.env['PATH'], ...this.spec.env, NODE_OPTIONS: `--import=${BLOCK}` };
    const spec: ProcessSpec = {
      name: nameOf(replica),
      command: onCores(cores, process.execPath, join(code, 'apps/service/src/main.js')),
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
      command: onCores(this.spec.cores, ...command),
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
      this.spec.topology.hosts.map(({ name }) => [name, addressesOf(replicas, name, 'http')]),
    );
    return nginxConfig({
      topology: this.spec.topology,
      manifests,
      addresses,
      listen: `127.0.0.1:${this.#port}`,
      workers: this.spec.nginxWorkers,
    });
  }
}

const urlOf = ({ httpPort }: Replica) => `http://127.0.0.1:${httpPort}`;
