/** Runs the end-to-end suite: against the monolith, against one topology, or against every way to place the modules. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { moduleNames } from '@tearline/modules';
import { runScript, script, UsageError, wholeNumber } from '@tearline/process';
import { type RedisServer, startRedis } from '../support/redis.js';
import { SharedServers } from '../support/shared-servers.js';
import { chosen, everyWay, pairwise, type Way } from './ways.js';

interface Options {
  readonly topology?: string;
  readonly alone?: string;
  readonly consistency?: string;
  readonly all?: true;
  readonly pairwise?: true;
  readonly redis?: true;
  readonly cdn?: true;
  readonly deployments?: number;
  readonly moving?: readonly string[];
  readonly from?: string;
  readonly only?: string;
  readonly parallel: number;
}

const command = script('e2e')
  .usage('[options] [-- options of vitest]')
  .description('Runs the end-to-end suite; without options against the monolith, without nginx.')
  .argument('[options...]', 'options of vitest')
  .option('--topology <name>', 'one topology, by name or file, as processes behind nginx')
  .option('--alone <module>', "the module on a host of its own, all others on the host 'app'")
  .option(
    '--consistency <level>',
    'with a primary and two replicas, one of them two seconds behind; with session, the client sends its consistency \
token with every request',
  )
  .option('--all', "every way to give each module its own host or leave it in 'app'")
  .option(
    '--pairwise',
    'the monolith, each module alone, all alone, and enough of the others to cover every combination of two modules',
  )
  .option('--redis', 'queues on a redis-server that the run starts; REDIS_URL names a running one')
  .option('--cdn', 'behind an edge cache (Varnish), without a topology the monolith')
  .option(
    '--deployments <number>',
    'as many deployments at once on one Redis and one PostgreSQL server, each with a database of its own; afterwards \
nothing may have crossed',
    wholeNumber(2, 9),
  )
  .option(
    '--moving <modules>',
    'while the data of these modules, separated by commas, moves to another server and back, again and again',
    modulesOf,
  )
  .option('--from <number>', 'continues an interrupted run from this topology, by number or name')
  .option('--only <numbers>', 'only these topologies: numbers or names, separated by commas')
  .option(
    '--parallel <number>',
    'runs at the same time, each with a database of its own',
    wholeNumber(1, 64),
    1,
  )
  .action(main);

/** @throws UsageError when there is no such module */
function modulesOf(names: string): readonly string[] {
  const modules = names.split(',');
  const unknown = modules.find((name) => !moduleNames.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--moving ${unknown}: expected modules, of ${moduleNames.join(',')}`);
  return modules;
}

/** Writes a topology file that places the modules this way. @returns its path */
function fileOf(way: Way, folder: string): string {
  const together = moduleNames.filter((module) => !way.includes(module));
  const hosts = [
    ...(together.length > 0 ? [['app', together] as const] : []),
    ...way.map((each) => [each, [each]] as const),
  ];
  const wellKnown = { 0: 'monolith', [moduleNames.length]: 'microservices' }[way.length];
  const file = join(folder, `${wellKnown ?? ['app', ...way].join('+')}.yaml`);
  const lines = hosts.map(([name, own]) => `  ${name}: { modules: [${own.join(', ')}] }\n`);
  writeFileSync(file, `hosts:\n${lines.join('')}`);
  return file;
}

interface Result {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

/** Runs one after the other that share a folder, a database in it and perhaps a Redis. */
interface Lane {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Whether to print the output of a run when it has ended, since runs of other lanes print too. */
  readonly isBuffered: boolean;
}

/** Runs the suite once, and leaves its report in the folder E2E_REPORTS. A run without a report counts as one failure. */
async function run(
  name: string,
  env: NodeJS.ProcessEnv,
  lane: Lane,
  options: readonly string[],
): Promise<Result> {
  const started = performance.now();
  const report = join(lane.folder, 'report.json');
  rmSync(report, { force: true });
  const args = [
    'run',
    '--project',
    'e2e',
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...args, ...options], {
    // The dot reporter prints colours, which do not belong in a file.
    env: { ...process.env, ...(!process.stdout.isTTY && { NO_COLOR: '1' }), ...lane.env, ...env },
    stdio: lane.isBuffered ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  });
  const printed = Promise.all(
    [child.stdout, child.stderr].filter((stream) => stream !== null).map((stream) => text(stream)),
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write((await printed).join(''));
  const reports = process.env['E2E_REPORTS'];
  try {
    if (reports) copyFileSync(report, join(reports, `e2e-${name}-${process.pid}.json`));
    const counts = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    const failed = counts.numFailedTests || (code === 0 ? 0 : 1);
    return { name, passed: counts.numPassedTests, failed, seconds };
  } catch {
    return { name, passed: 0, failed: 1, seconds };
  }
}

function table(results: readonly Result[]): string {
  const widest = Math.max(...results.map(({ name }) => name.length));
  const lines = results.map(
    ({ name, passed, failed, seconds }) =>
      `${name.padEnd(widest)}  ${String(passed).padStart(5)} passed  ${String(failed).padStart(4)} failed  ${seconds.toFixed(1).padStart(6)} s`,
  );
  const sum = (of: (result: Result) => number) => results.reduce((total, result) => total + of(result), 0);
  const [passed, failed, seconds] = [
    sum((each) => each.passed),
    sum((each) => each.failed),
    sum((each) => each.seconds),
  ];
  const minutes = `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${lines.join('\n')}\n\n${results.length} ${results.length === 1 ? 'topology' : 'topologies'}, ${passed} tests passed, ${failed} failed, in ${minutes}\n`;
}

/** @throws Error when a run has failed */
function report(results: readonly Result[]): void {
  process.stdout.write(`\n${table(results)}`);
  const failed = results.filter((result) => result.failed > 0);
  if (failed.length > 0) throw new Error(`failed: ${failed.map(({ name }) => name).join(', ')}`);
}

const nameOf = (file: string) => file.replace(/^.*[/]|[.]ya?ml$/g, '');

/** @throws UsageError when a program that the run needs is not installed */
function requirePrograms(programs: Readonly<Record<string, boolean>>): void {
  for (const [program, isNeeded] of Object.entries(programs))
    if (isNeeded && spawnSync(program, ['-V']).error)
      throw new UsageError(
        `${program} is not in PATH: install it (apt install nginx-light redis-server varnish varnish-modules, brew install nginx redis)`,
      );
}

/** Runs the suite against several deployments at once that share their servers. @throws Error when something crossed */
async function runShared(
  count: number,
  folder: string,
  vitestOptions: readonly string[],
  { topology, alone, consistency }: Options,
): Promise<Result[]> {
  const file = alone ? `--alone=${alone}` : topology;
  const names = Array.from({ length: count }, (_, index) => `deployment_${index + 1}`);
  const servers = await SharedServers.start(names, consistency ? 2 : 0);
  try {
    const results = await Promise.all(
      servers.deployments.map(({ name, env }) => {
        const own = join(folder, name);
        mkdirSync(own, { mode: 0o755 });
        const lane = {
          folder: own,
          isBuffered: true,
          env: {
            TEARLINE_DIR: join(own, 'data'),
            E2E_CONSISTENCY: consistency,
            E2E_DEPLOYMENT: JSON.stringify(env),
          },
        };
        return run(name, file ? { E2E_TOPOLOGY: file } : {}, lane, vitestOptions);
      }),
    );
    const crossings = await servers.crossings();
    if (crossings.length > 0) throw new Error(`deployments are not apart:\n${crossings.join('\n')}`);
    return results;
  } finally {
    await servers.stop();
  }
}

async function main(vitestOptions: readonly string[], options: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  // PostgreSQL refuses to run as root and runs as another user, who needs to enter the folder.
  chmodSync(folder, 0o755);
  const started: RedisServer[] = [];
  try {
    const ways = options.all ? everyWay(moduleNames) : options.pairwise ? pairwise(moduleNames) : [];
    const named = options.alone ? `--alone=${options.alone}` : options.topology;
    const topology = named ?? (options.cdn && ways.length === 0 ? 'monolith' : undefined);
    const files = topology ? [topology] : ways.map((way) => fileOf(way, folder));
    const needsRedis = options.redis === true || options.deployments !== undefined;
    requirePrograms({ nginx: files.length > 0, 'redis-server': needsRedis, varnishd: options.cdn === true });
    const names = files.length > 0 ? files.map(nameOf) : ['monolith'];
    const remaining = chosen(names, options.only, options.from);
    const results: Result[] = [];
    if (options.deployments !== undefined)
      return report(await runShared(options.deployments, folder, vitestOptions, options));
    const work = async (number: number) => {
      const own = join(folder, `lane-${number}`);
      mkdirSync(own, { mode: 0o755 });
      const redis = options.redis && (await startRedis());
      if (redis) started.push(redis);
      // One database for all runs of a lane: every test creates its own data.
      const env = {
        TEARLINE_DIR: join(own, 'data'),
        E2E_CONSISTENCY: options.consistency,
        ...(options.moving && { E2E_MOVING: options.moving.join() }),
        ...(options.cdn && { E2E_CDN: 'on' }),
        ...(redis && { REDIS_URL: redis.url }),
      };
      const lane = { folder: own, env, isBuffered: options.parallel > 1 };
      for (let name = remaining.shift(); name !== undefined; name = remaining.shift()) {
        const index = names.indexOf(name);
        process.stdout.write(`\n── ${name} (${index + 1} of ${names.length})\n`);
        const file = files[index];
        results.push(await run(name, file ? { E2E_TOPOLOGY: file } : {}, lane, vitestOptions));
      }
    };
    await Promise.all(Array.from({ length: options.parallel }, (_, index) => work(index + 1)));
    report(results);
  } finally {
    for (const redis of started) await redis.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

process.exitCode = await runScript(command);
