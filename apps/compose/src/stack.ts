import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { UsageError } from '@tearline/process';
import { type Topology, withReplicas } from '@tearline/topology';
import { DockerCompose } from './docker-compose.js';
import { databaseNames } from './files/database-services.js';
import { HTTP_PORT, nginxOf, serviceOf, varnishOf } from './files/names.js';
import { observeBuilds } from './files/observe-services.js';
import { type Profiles, profileNames } from './files/profiles.js';
import { startMetricsProxy } from './metrics-proxy.js';
import { untilHealthy } from './until-healthy.js';

/** Settings for the end-to-end suite, which registers many users from one address and writes much as one user. */
const TEST_SETTINGS = {
  REGISTRATIONS_PER_MINUTE: '100000',
  WRITES_PER_MINUTE: '1000000',
  LOG_LEVEL: 'warn',
  SEAM_CHECKED: 'on',
};

/** What runs in containers. */
interface Stacked {
  readonly topology: Topology;
  readonly profiles: Profiles;
}

/** A topology in containers. */
export class Stack {
  readonly #compose: DockerCompose;

  constructor(
    private readonly stacked: Stacked,
    private readonly composeFile: string,
    project: string | undefined,
    private readonly env: NodeJS.ProcessEnv,
    private readonly print: (line: string) => void,
  ) {
    const names = profileNames(stacked.profiles);
    const given = names.length > 0 && { COMPOSE_PROFILES: names.join() };
    this.#compose = new DockerCompose(composeFile, project, { ...env, ...given });
  }

  /** Builds the images and starts everything. Resolves when every container is healthy. */
  async up(): Promise<void> {
    const { print } = this;
    const { topology, profiles } = this.stacked;
    const images = new Map(topology.hosts.map((host) => [host.runtime, host.name]));
    await this.#refuseOthers();
    const began = performance.now();
    // One service of each image: the others use the same images.
    await this.#compose.run(
      'build',
      'migrate',
      ...[...images.values()].map((host) => serviceOf(topology, host)),
      ...(profiles.cdn ? [varnishOf(topology)] : []),
      ...(profiles.ha ? databaseNames(profiles).servers.slice(0, 1) : []),
      ...(profiles.observe ? observeBuilds : []),
    );
    const built = performance.now();
    await this.#compose.run('up', '--detach');
    await untilHealthy(this.#compose);
    const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
    print(`topology '${topology.name}' is healthy at ${await this.#url()}`);
    print(`  images ${seconds(began, built)} s, healthy ${seconds(built, performance.now())} s later`);
  }

  /** Stops everything, and deletes the volumes if asked to. */
  async down(volumes: boolean): Promise<void> {
    await this.#compose.run('down', '--remove-orphans', ...(volumes ? ['--volumes'] : []));
  }

  /** Starts the topology and runs the end-to-end suite against it. @throws Error when the suite fails */
  async e2e(options: readonly string[]): Promise<void> {
    const { stacked, composeFile, env, print } = this;
    const { topology, profiles } = stacked;
    await new Stack(stacked, composeFile, this.#compose.project, { ...TEST_SETTINGS, ...env }, print).up();
    const services = new Set(topology.hosts.map(({ name }) => serviceOf(topology, name)));
    const hosts = (await this.#compose.containers()).filter(({ Service }) => services.has(Service));
    const proxy = await startMetricsProxy(hosts.map(({ ID }) => ID));
    try {
      const suite = spawn(
        process.execPath,
        ['node_modules/vitest/vitest.mjs', 'run', '--project', 'e2e', ...options],
        {
          env: {
            ...env,
            E2E_BASE_URL: await this.#url(),
            E2E_PROCESSES: proxy.urls.join(','),
            ...(profiles.cdn && { E2E_CDN: 'on' }),
          },
          stdio: 'inherit',
        },
      );
      const [code] = (await once(suite, 'exit')) as [number | null];
      if (code !== 0) throw new Error(`the end-to-end suite ended with ${code ?? 'a signal'}`);
    } finally {
      await proxy.close();
    }
  }

  /** Changes the numbers of replicas, and reloads nginx when all are healthy. */
  async scale(changes: readonly string[]): Promise<void> {
    const { print } = this;
    const { topology } = this.stacked;
    await this.#refuseOthers();
    const wanted = withReplicas(topology, changes).hosts.filter(({ name }) =>
      changes.some((change) => change.startsWith(`${name}=`)),
    );
    const services = wanted.map(({ name }) => serviceOf(topology, name));
    const counts = wanted.flatMap(({ name, replicas }) => [
      '--scale',
      `${serviceOf(topology, name)}=${replicas}`,
    ]);
    await this.#compose.run(
      'up',
      '--detach',
      '--no-deps',
      '--no-recreate',
      '--no-build',
      ...counts,
      ...services,
    );
    await untilHealthy(this.#compose);
    await this.#compose.run('exec', '-T', nginxOf(topology), '/bin/sh', '/etc/tearline/run.sh', 'reload');
    print(`${changes.join(', ')}: healthy, nginx reloaded`);
  }

  /**
   * Hosts that do not know of the edge cache would not purge it, and those that took another database would not have their data.
   * @throws UsageError when one of these runs and is not asked for
   */
  async #refuseOthers(): Promise<void> {
    const { topology, profiles } = this.stacked;
    const running = new Set((await this.#compose.containers()).map(({ Service }) => Service));
    const edgeCache = varnishOf(topology);
    if (!profiles.cdn && running.has(edgeCache))
      throw new UsageError(`'${edgeCache}' is in front: add --cdn, or run down first`);
    const [other] = databaseNames({ ha: !profiles.ha }).servers;
    if (running.has(other!))
      throw new UsageError(
        `the database is '${other}': ${profiles.ha ? 'leave --ha out' : 'add --ha'}, or run down first`,
      );
  }

  async #url(): Promise<string> {
    const { topology, profiles } = this.stacked;
    const front = profiles.cdn ? varnishOf(topology) : nginxOf(topology);
    const address = await this.#compose.output('port', front, `${HTTP_PORT}`);
    return `http://${address.trim()}`;
  }
}
