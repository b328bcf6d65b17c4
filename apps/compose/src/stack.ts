import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Topology, withReplicas } from '@tearline/topology';
import { DockerCompose } from './docker-compose.js';
import { nginxOf, serviceOf } from './files/names.js';
import { startMetricsProxy } from './metrics-proxy.js';
import { untilHealthy } from './until-healthy.js';

/** Settings for the end-to-end suite, which registers many users from one address. */
const TEST_SETTINGS = {
  REGISTRATIONS_PER_MINUTE: '100000',
  LOG_LEVEL: 'warn',
  SEAM_CHECKED: 'on',
};

/** A topology in containers. */
export class Stack {
  readonly #compose: DockerCompose;

  constructor(
    private readonly topology: Topology,
    private readonly composeFile: string,
    project: string | undefined,
    private readonly env: NodeJS.ProcessEnv,
    private readonly print: (line: string) => void,
  ) {
    this.#compose = new DockerCompose(composeFile, project, env);
  }

  /** Builds the images and starts everything. Resolves when every container is healthy. */
  async up(): Promise<void> {
    const { topology, print } = this;
    const [host] = topology.hosts;
    const began = performance.now();
    // One service of each image: the others use the same images.
    await this.#compose.run('build', 'migrate', serviceOf(topology, host!.name));
    const built = performance.now();
    await this.#compose.run('up', '--detach');
    await untilHealthy(this.#compose);
    const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
    print(`topology '${topology.name}' is healthy at ${await this.#url()}`);
    print(`  images ${seconds(began, built)} s, healthy ${seconds(built, performance.now())} s later`);
  }

  /** Stops everything, and deletes the volumes if asked to. */
  async down(volumes: boolean): Promise<void> {
    await this.#compose.run('down', '--remove-orphans', '--timeout', '20', ...(volumes ? ['--volumes'] : []));
  }

  /** Starts the topology and runs the end-to-end suite against it. @throws Error when the suite fails */
  async e2e(options: readonly string[]): Promise<void> {
    const { topology, composeFile, env, print } = this;
    await new Stack(topology, composeFile, this.#compose.project, { ...TEST_SETTINGS, ...env }, print).up();
    const services = new Set(topology.hosts.map(({ name }) => serviceOf(topology, name)));
    const hosts = (await this.#compose.containers()).filter(({ Service }) => services.has(Service));
    const proxy = await startMetricsProxy(hosts.map(({ ID }) => ID));
    try {
      const suite = spawn(
        process.execPath,
        ['node_modules/vitest/vitest.mjs', 'run', '--project', 'e2e', ...options],
        {
          env: { ...env, E2E_BASE_URL: await this.#url(), E2E_PROCESSES: proxy.urls.join(',') },
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
    const { topology, print } = this;
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

  async #url(): Promise<string> {
    const address = await this.#compose.output('port', nginxOf(this.topology), '3000');
    return `http://${address.trim()}`;
  }
}
