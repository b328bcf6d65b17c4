import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { developmentKeys } from '@tearline/auth';
import { prepareDatabase } from '@tearline/database';
import { startEmbedded } from '@tearline/embedded';
import { MAX_BROKER_CONNECTIONS, migrateQueues } from '@tearline/events';
import { manifests, moduleData } from '@tearline/modules';
import {
  endWithFailure,
  findMonitoring,
  findNats,
  findNginx,
  findPython,
  findVarnish,
  isReady,
  portToListenOn,
  nginxCommand,
  OrphanReaper,
  type ProcessOutput,
  type ProcessSpec,
  StartQueue,
  SupervisedProcess,
} from '@tearline/process';
import { edgeLimits } from '@tearline/composition';
import { openFileLimit } from '@tearline/host';
import { type EdgeLimits, nginxConfig, type Topology } from '@tearline/topology';
import { addressesOf, type Replica, replicasOf } from './addresses.js';
import { announce } from './announce.js';
import type { TopologyOptions } from './command.js';
import { chooseEdgeCache, type EdgeCache, edgeCacheSpec } from './edge-cache.js';
import type { Run } from './host-environment.js';
import { hostProcess } from './host-process.js';
import { type LogStore, prepareLogStore } from './log-store.js';
import { type Monitoring, prepareMonitoring } from './monitoring.js';
import {
  findPatroniPrograms,
  type PatroniDatabaseOptions,
  startPatroniDatabase,
} from './patroni-database.js';
import { type Environment, isSet } from '@tearline/settings';
import type { RunnerSettings } from './settings.js';
import { watchSources } from './watch.js';

/** The sources of modules in Python; they are not compiled. */
const APPS = fileURLToPath(new URL('../../../../apps', import.meta.url));
/** Connections beside those of the hosts: migrations, a command line. */
const SPARE_CONNECTIONS = 20;

/** Runs a topology: a database, the hosts' processes, nginx in front of them. */
export class Runner {
  readonly #processes: SupervisedProcess[] = [];
  readonly #queue = new StartQueue();
  /** What is to be undone, the latest first. */
  readonly #undo: (() => Promise<unknown>)[] = [];
  readonly #limits: EdgeLimits;
  readonly #aborting = new AbortController();
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(
    private readonly topology: Topology,
    private readonly settings: RunnerSettings,
    private readonly env: Environment,
    private readonly output: ProcessOutput,
    private readonly options: Pick<TopologyOptions, 'watch' | 'cdn' | 'ha' | 'observe'> = {},
  ) {
    this.#limits = edgeLimits(env, manifests);
  }

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
    const varnish = this.options.cdn && (await findVarnish(env['PATH']));
    const hasPython = topology.hosts.some(({ runtime }) => runtime === 'fastapi');
    const python = hasPython ? await findPython(env['PATH'], APPS) : undefined;
    const programs = this.options.observe && (await findMonitoring(env['PATH']));
    // Hosts that have a stream already keep it.
    const nats = this.options.observe && !isSet('LOGS_URL', env) && (await findNats(env['PATH']));
    const patroni = this.options.ha && (await findPatroniPrograms(env));
    const host = settings.HOST ?? '127.0.0.1';
    const listen = `${isIPv6(host) ? `[${host}]` : host}:${await portToListenOn(settings.PORT, host)}`;
    const cdn = varnish ? await chooseEdgeCache(varnish, listen, settings.CDN_PURGE_SECRET) : undefined;
    const origin = cdn?.origin ?? listen;
    const folder = await this.#folder();
    const reaper = new OrphanReaper(folder);
    this.#undo.push(async () => reaper.dismiss());

    const replicas = await replicasOf(topology);
    const database = patroni ? { programs: patroni, reaper } : undefined;
    const run = { ...(await this.#prepare(replicas, cdn, database)), python };
    let logStore: LogStore | undefined;
    if (nats) {
      logStore = await prepareLogStore({ nats, folder, dir: settings.TEARLINE_DIR, env });
      for (const spec of logStore.specs) await this.#run(spec, reaper);
    }
    const hosts = replicas.map((replica) =>
      this.#process(
        hostProcess(replica, run, {
          env: { ...env, ...logStore?.env },
          format: this.output.format,
          watch: this.options.watch === true,
          stopTimeout: this.#stopTimeout,
        }),
        reaper,
      ),
    );
    this.#undo.push(() => Promise.all(hosts.map((each) => each.stop())));
    await Promise.all(hosts.map((each) => each.start()));

    const command = await nginxCommand(
      nginx,
      folder,
      this.#configuration(origin, replicas, cdn !== undefined),
    );
    await this.#run(
      {
        name: 'nginx',
        command,
        env: { PATH: env['PATH'] },
        isReady: () => isReady(`http://${origin}`),
        stopSignal: 'SIGQUIT',
        stopTimeout: this.#stopTimeout,
      },
      reaper,
    );
    if (cdn) await this.#run(await edgeCacheSpec(cdn, folder, topology, settings, env), reaper);
    let monitoring: Monitoring | undefined;
    if (programs) {
      const dir = settings.TEARLINE_DIR;
      monitoring = await prepareMonitoring({ programs, folder, dir, topology, replicas, env });
      await Promise.all(monitoring.specs.map((spec) => this.#run(spec, reaper)));
    }
    if (this.#stopping) return;
    const failing = this.#processes.find(({ unexpectedEnd }) => unexpectedEnd !== undefined);
    if (failing) throw new Error(`${failing.spec.name} was ready and ended with ${failing.unexpectedEnd}`);
    announce(this.output, {
      topology,
      url: `http://${listen}`,
      replicas,
      cdn,
      monitoring,
      logsDir: logStore?.dir,
      pids: new Map(this.#processes.map(({ spec, pid }) => [spec.name, pid])),
    });
    if (!this.options.watch) return;
    const watched = hosts.map((each, index) => ({ process: each, replica: replicas[index]! }));
    this.#undo.push(watchSources(watched, this.output));
  }

  async #stop(): Promise<void> {
    this.#aborting.abort();
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

  async #prepare(
    replicas: readonly Replica[],
    cdn: EdgeCache | undefined,
    patroni: Pick<PatroniDatabaseOptions, 'programs' | 'reaper'> | undefined,
  ): Promise<Run> {
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
      start: async () =>
        patroni
          ? startPatroniDatabase({
              ...patroni,
              dir: settings.TEARLINE_DIR,
              output: this.output,
              signal: this.#aborting.signal,
            })
          : startEmbedded({
              dir: settings.TEARLINE_DIR,
              maxConnections: Math.max(100, all + SPARE_CONNECTIONS),
              replicas: settings.TEARLINE_REPLICAS,
              log,
              restart: { onGivenUp: endWithFailure },
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
      cdn: cdn && { purgeUrl: `http://${cdn.purges}`, secret: cdn.secret },
      mediaDir: resolve(settings.TEARLINE_DIR, 'media'),
    };
  }

  /** Milliseconds: what requests get to finish, and ten seconds for the rest. */
  get #stopTimeout(): number {
    return this.#limits.shutdownTimeout + 10_000;
  }

  async #run(spec: ProcessSpec, reaper: OrphanReaper): Promise<void> {
    const made = this.#process(spec, reaper);
    this.#undo.push(() => made.stop());
    await made.start();
  }

  #process(spec: ProcessSpec, reaper: OrphanReaper): SupervisedProcess {
    const made = new SupervisedProcess(spec, this.output, reaper, this.#queue);
    if (this.#stopping) void made.stop();
    this.#processes.push(made);
    return made;
  }

  #configuration(origin: string, replicas: readonly Replica[], isBehindEdgeCache: boolean): string {
    const { topology, settings } = this;
    const limits = isBehindEdgeCache
      ? { ...this.#limits, trustedProxies: [...this.#limits.trustedProxies, '127.0.0.1/32'] }
      : this.#limits;
    const addresses = Object.fromEntries(
      topology.hosts.map(({ name }) => [name, addressesOf(replicas, name, 'http')]),
    );
    return nginxConfig({
      topology,
      manifests,
      addresses,
      listen: origin,
      limits,
      openFiles: openFileLimit(),
      cores: availableParallelism(),
      reusePort: process.platform === 'linux',
      ...(settings.EDGE_LOG && { accessLog: resolve(settings.EDGE_LOG) }),
    });
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
