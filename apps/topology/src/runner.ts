import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { developmentKeys } from '@tearline/auth';
import { prepareDatabase } from '@tearline/database';
import { startEmbedded } from '@tearline/embedded';
import { MAX_BROKER_CONNECTIONS, migrateQueues } from '@tearline/events';
import { manifests, moduleData } from '@tearline/modules';
import {
  findNginx,
  isReady,
  portToListenOn,
  nginxCommand,
  OrphanReaper,
  type ProcessOutput,
  type ProcessSpec,
  SupervisedProcess,
} from '@tearline/process';
import { nginxConfig, type Topology } from '@tearline/topology';
import { addressesOf, nameOf, type Replica, replicasOf } from './addresses.js';
import { hostEnvironment, type Run } from './host-environment.js';
import type { Environment } from '@tearline/settings';
import type { RunnerSettings } from './settings.js';
import { CAN_SHARE_PORTS, SHARE_PORTS, watchSources } from './watch.js';

const SERVICE = fileURLToPath(new URL('../../service/src/main.js', import.meta.url));
/** Connections beside those of the hosts: migrations, a command line. */
const SPARE_CONNECTIONS = 20;

/** Runs a topology: a database, the hosts' processes, nginx in front of them. */
export class Runner {
  readonly #processes: SupervisedProcess[] = [];
  /** What is to be undone, the latest first. */
  readonly #undo: (() => Promise<unknown>)[] = [];
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(
    private readonly topology: Topology,
    private readonly settings: RunnerSettings,
    private readonly env: Environment,
    private readonly output: ProcessOutput,
    private readonly isWatching = false,
  ) {}

  /** Resolves when every process answers, or when `stop` is called. @throws Error when a process does not start */
  start(): Promise<void> {
    return (this.#starting ??= this.#start());
  }

  /** Lets the requests under way finish, ends everything and leaves nothing behind. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  /** Ends the processes at once; `stop`, which is under way, does the rest. */
  kill(): void {
    for (const each of this.#processes) each.kill();
  }

  async #start(): Promise<void> {
    const { settings, env, topology } = this;
    const nginx = await findNginx(env['PATH']);
    const host = settings.HOST ?? '127.0.0.1';
    const edge = `${isIPv6(host) ? `[${host}]` : host}:${await portToListenOn(settings.PORT, host)}`;
    const folder = await this.#folder();
    const reaper = new OrphanReaper(folder);
    this.#undo.push(async () => reaper.dismiss());

    const replicas = await replicasOf(topology);
    const run = await this.#prepare(replicas);
    const hosts = replicas.map((replica) => this.#process(this.#hostSpec(replica, run), reaper));
    this.#undo.push(() => Promise.all(hosts.map((each) => each.stop())));
    await Promise.all(hosts.map((each) => each.start()));

    const command = await nginxCommand(nginx, folder, this.#configuration(edge, replicas));
    const front = this.#process(
      {
        name: 'nginx',
        command,
        env: { PATH: env['PATH'] },
        isReady: () => isReady(`http://${edge}`),
        stopSignal: 'SIGQUIT',
      },
      reaper,
    );
    this.#undo.push(() => front.stop());
    await front.start();
    if (this.#stopping) return;
    this.#announce(`http://${edge}`, replicas);
    if (!this.isWatching) return;
    const watched = hosts.map((each, index) => ({ process: each, replica: replicas[index]! }));
    this.#undo.push(watchSources(watched, this.output));
  }

  async #stop(): Promise<void> {
    // Whatever is starting must not go on, nor wait for what will never be ready.
    if (!(await isSettled(this.#starting))) await Promise.all(this.#processes.map((each) => each.stop()));
    await this.#starting?.catch(() => undefined);
    for (const undo of this.#undo.toReversed()) await undo();
  }

  async #folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'tearline-topology-'));
    this.#undo.push(() => rm(folder, { recursive: true, force: true }));
    // The workers of a privileged nginx run as another user, who needs to enter the folder.
    await chmod(folder, 0o711);
    return folder;
  }

  async #prepare(replicas: readonly Replica[]): Promise<Run> {
    const { settings, env, topology } = this;
    const connections = settings.DATABASE_CONNECTIONS;
    const forQueues = settings.REDIS_URL ? 0 : MAX_BROKER_CONNECTIONS;
    const all = replicas.reduce((sum, { host }) => sum + connections * host.modules.length + forQueues, 0);
    const log = (line: string) => this.output.log(line);
    const { urls, replicaUrls, stop } = await prepareDatabase({
      modules: moduleData,
      otherSchemas: settings.REDIS_URL ? {} : { queues: migrateQueues },
      env,
      isProduction: settings.NODE_ENV === 'production',
      start: () =>
        startEmbedded({
          dir: settings.TEARLINE_DIR,
          maxConnections: Math.max(100, all + SPARE_CONNECTIONS),
          replicas: settings.TEARLINE_REPLICAS,
          log,
        }),
      log,
    });
    this.#undo.push(stop);
    const { IDENTITY_SIGNING_KEY: signingKey, AUTH_JWKS: jwks } = env;
    const keys = signingKey && jwks ? { signingKey, jwks } : await developmentKeys(settings.TEARLINE_DIR);
    const rpcSecret = randomBytes(32).toString('base64url');
    const consistencySecret = settings.CONSISTENCY_SECRET ?? rpcSecret;
    return {
      topology,
      replicas,
      urls,
      replicaUrls,
      connections,
      ...keys,
      rpcSecret,
      consistencySecret,
      redisUrl: settings.REDIS_URL,
      operatorPassword: settings.OPERATOR_PASSWORD,
      mediaDir: resolve(settings.TEARLINE_DIR, 'media'),
    };
  }

  #hostSpec(replica: Replica, run: Run): ProcessSpec {
    const canOverlap = this.isWatching && CAN_SHARE_PORTS;
    return {
      name: nameOf(replica),
      command: [process.execPath, ...(canOverlap ? ['--import', SHARE_PORTS] : []), SERVICE],
      canOverlap,
      env: { ...hostEnvironment(replica, run, this.env), LOG_FORMAT: this.output.format },
      isReady: () => isReady(`http://127.0.0.1:${replica.httpPort}`),
      stopSignal: 'SIGTERM',
    };
  }

  #process(spec: ProcessSpec, reaper: OrphanReaper): SupervisedProcess {
    const made = new SupervisedProcess(spec, this.output, reaper);
    if (this.#stopping) void made.stop();
    this.#processes.push(made);
    return made;
  }

  #configuration(edge: string, replicas: readonly Replica[]): string {
    const { topology, settings } = this;
    const addresses = Object.fromEntries(
      topology.hosts.map(({ name }) => [name, addressesOf(replicas, name, 'http')]),
    );
    return nginxConfig({
      topology,
      manifests,
      addresses,
      listen: edge,
      ...(settings.EDGE_LOG && { accessLog: resolve(settings.EDGE_LOG) }),
    });
  }

  #announce(url: string, replicas: readonly Replica[]): void {
    const pids = new Map(this.#processes.map(({ spec, pid }) => [spec.name, pid]));
    const hosts = replicas.map((replica) => ({
      name: nameOf(replica),
      modules: replica.host.modules,
      url: `http://127.0.0.1:${replica.httpPort}`,
      ...(replica.rpcPort !== undefined && { rpc: `127.0.0.1:${replica.rpcPort}` }),
      pid: pids.get(nameOf(replica)),
    }));
    if (this.output.format === 'json') {
      this.output.log('listening', { url, topology: this.topology.name, nginx: pids.get('nginx'), hosts });
      return;
    }
    const lines = hosts.map(
      (each) => `  ${each.name}: ${each.modules.join(', ')} at ${each.url}, pid ${each.pid}`,
    );
    this.output.log(`topology '${this.topology.name}' is ready at ${url}\n${lines.join('\n')}`);
  }
}

async function isSettled(promise: Promise<unknown> | undefined): Promise<boolean> {
  return Promise.race([
    Promise.resolve(promise).then(
      () => true,
      () => true,
    ),
    new Promise<boolean>((resolve) => setImmediate(resolve, false)),
  ]);
}
