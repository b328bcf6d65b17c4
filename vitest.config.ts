import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const unit = ['tools/**/*.spec.ts', 'libs/**/*.spec.ts', 'apps/**/*.spec.ts', 'measure/**/*.spec.ts'];
/** End-to-end tests that lie in the folder of their module. */
const e2eOfModules = ['libs/modules/*/e2e/**/*.spec.ts'];
const onRedis = ['libs/**/*.redis.spec.ts'];
const faultsOnRedis = ['test/faults/**/*.redis.spec.ts'];
const faultsBehindNginx = ['test/faults/**/*.nginx.spec.ts'];
const faultsBehindNginxOnRedis = ['test/faults/**/*.redis.nginx.spec.ts'];
const behindVarnish = ['test/topology/**/*.varnish.spec.ts'];
const onPatroni = ['test/**/*.patroni.spec.ts'];
const onPrometheus = ['{libs,apps,test}/**/*.prometheus.spec.ts'];

// Nest reads constructor types from decorator metadata, which vitest's transformer must emit as tsc does.
const decorators = {
  decorator: { legacy: true, emitDecoratorMetadata: true },
  assumptions: { setPublicClassFields: true },
  typescript: { removeClassFieldsWithoutInitializer: true },
} as const;

/** Suites that need a program which npm does not install are left out where it is missing, and that is said; never in CI. */
function has(program: string, version = '-v'): boolean {
  return isReported(program, spawnSync(program, [version]).error === undefined);
}

function isReported(program: string, isThere: boolean): boolean {
  if (!isThere && process.env['CI'] !== 'true')
    process.stderr.write(`Tests that need ${program} are left out: it is not in PATH.\n`);
  return isThere || process.env['CI'] === 'true';
}

/** Whether a Python has the packages of `apps/social-fastapi`; Debian's are for its own. */
function hasPackages(): boolean {
  const script = 'import fastapi, asyncpg, uvicorn, cryptography';
  return ['python3', '/usr/bin/python3'].some((program) => spawnSync(program, ['-c', script]).status === 0);
}

/** Files that mostly wait, and need nothing of one another: two at a time, also where there are but two cores. */
const inPairs = { maxWorkers: 2, sequence: { groupOrder: 1 } };
/** The same, of tests that start and kill processes and servers, which takes as long as the machine is busy. */
const withServers = { ...inPairs, testTimeout: 180_000 };

const hasRedis = has('redis-server');
const hasNginx = has('nginx');
const hasVarnish = has('varnishd');
// With another option, etcd starts a server.
const hasPatroni = has('patroni', '--version') && has('etcd', '--version');
const hasNats = has('nats-server');
const hasPrometheus = ['prometheus', 'promtool', 'amtool'].every((program) => has(program, '--version'));

const hasPython = isReported('python3 with FastAPI', hasPackages());

export default defineConfig({
  oxc: decorators,
  ssr: { resolve: { conditions: ['@tearline/source', ...defaultServerConditions] } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // A server that moves data finishes the move first.
    teardownTimeout: 120_000,
    expect: { poll: { timeout: 10_000 } },
    // The processes that tests start compile the same 2,700 files.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: unit,
          exclude: [...onRedis, ...e2eOfModules, ...(hasPrometheus ? [] : onPrometheus)],
          ...inPairs,
        },
      },
      ...(hasRedis
        ? [{ extends: true as const, test: { name: 'redis', include: onRedis, ...inPairs } }]
        : []),
      { extends: true, test: { name: 'examples', include: ['examples/**/*.spec.ts'], ...inPairs } },
      {
        extends: true,
        test: { name: 'architecture', include: ['test/architecture/**/*.spec.ts'], ...inPairs },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts', ...e2eOfModules],
          globalSetup: ['test/e2e/setup.ts'],
          // The tests know nothing but an address, so there is nothing to isolate; it halves the suite's time, as does
          // having more workers than cores, which mostly wait for the server.
          isolate: false,
          maxWorkers: 4,
        },
      },
      ...(hasNginx
        ? [
            {
              extends: true as const,
              test: {
                name: 'topology',
                include: ['test/topology/**/*.spec.ts'],
                exclude: [
                  ...(hasVarnish ? [] : behindVarnish),
                  ...(hasPatroni ? [] : onPatroni),
                  ...(hasPrometheus && hasRedis && hasNats ? [] : onPrometheus),
                ],
                fileParallelism: false,
              },
            },
          ]
        : []),
      ...(hasNginx
        ? [
            {
              extends: true as const,
              test: { name: 'lab', include: ['test/lab/**/*.spec.ts'], fileParallelism: false },
            },
          ]
        : []),
      ...(hasNats
        ? [
            {
              extends: true as const,
              test: { name: 'logs', include: ['test/logs/**/*.spec.ts'], ...inPairs },
            },
          ]
        : []),
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['test/packages/*.spec.ts'],
          globalSetup: ['test/packages/setup.ts'],
          ...withServers,
        },
      },
      { extends: true, test: { name: 'bench', include: ['test/bench/**/*.spec.ts'], ...withServers } },
      ...(hasPython
        ? [
            {
              extends: true as const,
              test: { name: 'fastapi', include: ['test/fastapi/**/*.spec.ts'], ...withServers },
            },
          ]
        : []),
      { extends: true, test: { name: 'costs', include: ['test/costs/**/*.spec.ts'], ...withServers } },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.spec.ts'],
          exclude: [
            ...faultsOnRedis,
            ...(hasNginx ? [] : faultsBehindNginx),
            ...(hasRedis ? [] : faultsBehindNginxOnRedis),
            ...(hasPatroni ? [] : onPatroni),
          ],
          ...withServers,
        },
      },
      ...(hasRedis
        ? [
            {
              extends: true as const,
              test: { name: 'faults-redis', include: faultsOnRedis, ...withServers },
            },
          ]
        : []),
    ],
  },
});
