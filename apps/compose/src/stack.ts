import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Topology, withReplicas } from '@tearline/topology';
import { DockerCompose } from './docker-compose.js';
import { nginxOf, serviceOf } from './files/names.js';
import { startMetricsProxy } from './metrics-proxy.js';
import { untilHealthy } from './until-healthy.js';

/** What lets through a suite that registers, from one address, more people in a minute than an office does. */
const FOR_TESTS = {
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
    private readonly say: (line: string) => void,
  ) {
    this.#compose = new DockerCompose(composeFile, topology.name, project, env);
  }

  /** Builds and starts everything. Resolves when it is healthy. */
  async up(): Promise<void> {
    const { topology, say } = this;
    const [host] = topology.hosts;
    const began = performance.now();
    // One service of each image; the others find theirs made.
    await this.#compose.run('build', 'migrate', serviceOf(topology, host!.name));
    const built = performance.now();
    await this.#compose.run('up', '--detach');
    await untilHealthy(this.#compose);
    const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
    say(`topology '${topology.name}' is healthy at ${await this.#url()}`);
    say(`  images ${seconds(began, built)} s, healthy ${seconds(built, performance.now())} s later`);
  }

  /** Ends everything. */
  async down(volumes: boolean): Promise<void> {
    await this.#compose.run('down', '--remove-orphans', '--timeout', '20', ...(volumes ? ['--volumes'] : []));
  }

  /** Runs the end-to-end suite against it. @returns the suite's exit code */
  async e2e(options: readonly string[]): Promise<number> {
    const { topology, composeFile, env, say } = this;
    await new Stack(topology, composeFile, this.#compose.project, { ...FOR_TESTS, ...env }, say).up();
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
      return code ?? 1;
    } finally {
      await proxy.close();
    }
  }

  /** Changes how many replicas there are, and lets nginx know. Resolves when all are healthy. */
  async scale(changes: readonly string[]): Promise<void> {
    const { topology, say } = this;
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
    say(`${changes.join(', ')}: healthy, and nginx knows`);
  }

  async #url(): Promise<string> {
    const address = await this.#compose.output('port', nginxOf(this.topology), '3000');
    return `http://${address.trim()}`;
  }
}
