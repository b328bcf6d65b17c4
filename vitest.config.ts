import { spawnSync } from 'node:child_process';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const unit = ['tools/**/*.spec.ts', 'libs/**/*.spec.ts', 'apps/**/*.spec.ts', 'measure/**/*.spec.ts'];
/** End-to-end tests that lie in the folder of their module. */
const e2eOfModules = ['libs/modules/*/e2e/**/*.spec.ts'];
const onRedis = ['libs/**/*.redis.spec.ts'];
const faultsOnRedis = ['test/faults/**/*.redis.spec.ts'];
const faultsBehindNginx = ['test/faults/**/*.nginx.spec.ts'];

// Nest reads constructor types from decorator metadata, which vitest's transformer must emit as tsc does.
const decorators = {
  decorator: { legacy: true, emitDecoratorMetadata: true },
  assumptions: { setPublicClassFields: true },
  typescript: { removeClassFieldsWithoutInitializer: true },
} as const;

/** Suites that need a program which npm does not install are left out where it is missing, and that is said; never in CI. */
function has(program: string): boolean {
  const isThere = spawnSync(program, ['-v']).error === undefined;
  if (!isThere && process.env['CI'] !== 'true')
    process.stderr.write(`Tests that need ${program} are left out: it is not in PATH.\n`);
  return isThere || process.env['CI'] === 'true';
}

/** Files that mostly wait, and need nothing of one another: two at a time, also where there are but two cores. */
const inPairs = { maxWorkers: 2, sequence: { groupOrder: 1 } };

const hasRedis = has('redis-server');
const hasNginx = has('nginx');

export default defineConfig({
  oxc: decorators,
  ssr: { resolve: { conditions: ['@tearline/source', ...defaultServerConditions] } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: unit, exclude: [...onRedis, ...e2eOfModules], ...inPairs },
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
              test: { name: 'topology', include: ['test/topology/**/*.spec.ts'], fileParallelism: false },
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
      { extends: true, test: { name: 'bench', include: ['test/bench/**/*.spec.ts'], ...inPairs } },
      { extends: true, test: { name: 'costs', include: ['test/costs/**/*.spec.ts'], ...inPairs } },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.spec.ts'],
          exclude: [...faultsOnRedis, ...(hasNginx ? [] : faultsBehindNginx)],
          ...inPairs,
        },
      },
      ...(hasRedis
        ? [
            {
              extends: true as const,
              test: { name: 'faults-redis', include: faultsOnRedis, ...inPairs },
            },
          ]
        : []),
    ],
  },
});
