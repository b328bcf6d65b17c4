import type { TestProject } from 'vitest/node';
import { answersOf, sharesOf } from '../support/answer-shares.js';
import { readsOf, startReplicated } from '../support/replicated-database.js';
import { startApp } from '../support/running-app.js';
import { startTopology } from '../support/running-topology.js';
import { TwoServers } from '../support/two-servers.js';
import { type DocumentedRoute, documentedRoutes } from './documented.js';
import { printShares, readAtRest } from './read-shares.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the server under test listens, without a trailing slash. It is all that a test knows of the server. */
    baseUrl: string;
    /** Addresses of the metrics of each of its processes. */
    metricsUrls: string[];
    /** Whether clients bring consistency tokens along, from one user to the next. */
    carriesTokens: boolean;
    /** Whether an edge cache is in front, which refuses malformed HTTP in words of its own. */
    isBehindEdgeCache: boolean;
    /** The routes of its `/docs`. */
    documentedRoutes: DocumentedRoute[];
  }
}

/** What is tested: where it listens, its processes, and how it ends. */
interface Subject {
  url: string;
  processes: string[];
  stop?: () => Promise<unknown>;
}

/**
 * Tests the server at `E2E_BASE_URL`, whose processes serve metrics at the addresses in `E2E_PROCESSES`; or the topology that `E2E_TOPOLOGY` names, as processes that it starts; or a
 * monolith that it starts. What it starts comes from the build, has its queues in the Redis of `REDIS_URL`, if there is
 * one, and is stopped at the end. With `E2E_MOVING` the data of these modules moves all the while. With `E2E_CDN=on` the topology is behind an edge cache. `E2E_DEPLOYMENT` is its environment, as JSON, on servers that others use, too.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { url, processes, stop } = await subjectOnDatabase(process.env);
  const { E2E_CONSISTENCY, E2E_BASE_URL, E2E_CDN } = process.env;
  // A server that this process has not started may have replicas, as every topology in containers does.
  project.provide('carriesTokens', E2E_CONSISTENCY === 'session' || Boolean(E2E_BASE_URL));
  project.provide('isBehindEdgeCache', E2E_CDN === 'on');
  project.provide('baseUrl', url);
  project.provide('documentedRoutes', await documentedRoutes(url));
  project.provide(
    'metricsUrls',
    processes.map((each) => `${each}/metrics`),
  );
  return stop && (async () => void (await stop()));
}

/** The subject; with `E2E_CONSISTENCY` on a primary with two replicas, one of which is two seconds behind. */
async function subjectOnDatabase(env: NodeJS.ProcessEnv): Promise<Subject> {
  const { E2E_CONSISTENCY: consistency, E2E_DEPLOYMENT: deployment } = env;
  if (deployment) {
    const own = JSON.parse(deployment) as Record<string, string>;
    return subject(env, {
      ...own,
      ...(consistency && { CONSISTENCY: consistency, REPLICA_MAX_LAG_MS: '10000' }),
    });
  }
  if (env['E2E_MOVING']) return subjectThatMoves(env, env['E2E_MOVING'].split(','));
  if (!consistency) return subject(env);
  const delays = [0, 2_000];
  const database = await startReplicated(delays);
  const started = await subject(env, {
    ...database.env,
    CONSISTENCY: consistency,
    REPLICA_MAX_LAG_MS: '10000',
  });
  return {
    ...started,
    stop: async () => {
      const addresses = database.embedded.replicas.map(({ port }) => `127.0.0.1:${port}`);
      const nameOf = (server: string) => {
        const index = addresses.indexOf(server);
        return index < 0 ? 'the primary' : `replica ${index + 1} (${delays[index]} ms behind)`;
      };
      try {
        printShares('of the tests', await readsOf(started.processes), nameOf);
        const answers = await answersOf(started.processes);
        if (Object.keys(answers).length > 0) process.stderr.write(`${sharesOf(answers)}\n`);
        // Queues in PostgreSQL never let it rest.
        if (consistency === 'strong' && env['REDIS_URL'])
          printShares('at rest', await readAtRest(started.url, started.processes, addresses[1]!), nameOf);
      } finally {
        await started.stop?.();
        await database.stop();
      }
    },
  };
}

/** The subject, while the data of modules moves between two servers. */
async function subjectThatMoves(env: NodeJS.ProcessEnv, modules: readonly string[]): Promise<Subject> {
  const servers = await TwoServers.start();
  const started = await subject(env, servers.env);
  const ended = new AbortController();
  const moves: number[] = [];
  const moving = Promise.allSettled([moveUntil(ended.signal)]);
  async function moveUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const action of ['move', 'back'] as const)
        for (const module of modules) {
          if (signal.aborted) return;
          moves.push((await servers.move(action, module)).lockedMs);
        }
      // Else the next round would not copy.
      for (const module of modules) if (!signal.aborted) await servers.command('data', 'abort', module);
    }
  }
  return {
    ...started,
    stop: async () => {
      try {
        ended.abort();
        const [result] = await moving;
        if (result.status === 'rejected') throw result.reason;
        process.stdout.write(
          `${moves.length} moves of ${modules.join()}; tables were locked for at most ${Math.max(...moves)} ms\n`,
        );
      } finally {
        await started.stop?.();
        await servers.stop();
      }
    },
  };
}

async function subject(
  { E2E_BASE_URL, E2E_PROCESSES, E2E_TOPOLOGY, E2E_CDN, REDIS_URL, TEARLINE_DIR }: NodeJS.ProcessEnv,
  more: Record<string, string> = {},
): Promise<Subject> {
  if (E2E_BASE_URL) {
    const url = E2E_BASE_URL.replace(/\/$/, '');
    return { url, processes: E2E_PROCESSES?.split(',') ?? [url] };
  }
  const options = {
    // A suite registers, from one address, more people in a minute than an office does.
    env: { REGISTRATIONS_PER_MINUTE: '100000', ...(REDIS_URL && { REDIS_URL }), ...more },
    // Several runs in a row may share the data; without it they are gone with the run.
    ...(TEARLINE_DIR && { dir: TEARLINE_DIR }),
  };
  if (E2E_TOPOLOGY) {
    // The runner passes on what its processes log; what goes well is not worth the while.
    const env = { ...options.env, LOG_LEVEL: 'warn' };
    const args = E2E_CDN === 'on' ? ['--cdn'] : [];
    const topology = await startTopology(E2E_TOPOLOGY, { ...options, env, args });
    return {
      url: topology.url,
      processes: topology.hosts.map((host) => host.url),
      stop: () => topology.stop(),
    };
  }
  // The files, as `npm start` runs them: topologies run the bundle.
  const app = await startApp({ ...options, entry: 'dist/apps/monolith/src/main.js' });
  return { url: app.url, processes: [app.url], stop: () => app.stop() };
}
