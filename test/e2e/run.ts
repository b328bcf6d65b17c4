/** Runs the end-to-end suite: against the monolith, against one topology, or against every way to place the modules. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { moduleNames } from '@tearline/modules';
import { runScript, script, UsageError, wholeNumber } from '@tearline/process';
import { type RedisServer, startRedis } from '../support/redis.js';
import { chosen, everyWay, pairwise, type Way } from './ways.js';

interface Options {
  readonly topology?: string;
  readonly alone?: string;
  readonly consistency?: string;
  readonly all?: true;
  readonly pairwise?: true;
  readonly redis?: true;
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
  .option('--from <number>', 'continues an interrupted run from this topology, by number or name')
  .option('--only <numbers>', 'only these topologies: numbers or names, separated by commas')
  .option(
    '--parallel <number>',
    'runs at the same time, each with a database of its own',
    wholeNumber(1, 64),
    1,
  )
  .action(main);

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

/** Runs the suite once. A run without a report counts as one failure. */
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
  try {
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

const nameOf = (file: string) => file.replace(/^.*[/]|[.]ya?ml$/g, '');

/** @throws UsageError when a program that the run needs is not installed */
function requirePrograms(programs: Readonly<Record<string, boolean>>): void {
  for (const [program, isNeeded] of Object.entries(programs))
    if (isNeeded && spawnSync(program, ['-v']).error)
      throw new UsageError(
        `${program} is not in PATH: install it (apt install nginx-light redis-server, brew install nginx redis)`,
      );
}

async function main(vitestOptions: readonly string[], options: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  // PostgreSQL refuses to run as root and runs as another user, who needs to enter the folder.
  chmodSync(folder, 0o755);
  const started: RedisServer[] = [];
  try {
    const ways = options.all ? everyWay(moduleNames) : options.pairwise ? pairwise(moduleNames) : [];
    const topology = options.alone ? `--alone=${options.alone}` : options.topology;
    const files = topology ? [topology] : ways.map((way) => fileOf(way, folder));
    requirePrograms({ nginx: files.length > 0, 'redis-server': options.redis === true });
    const names = files.length > 0 ? files.map(nameOf) : ['monolith'];
    const remaining = chosen(names, options.only, options.from);
    const results: Result[] = [];
    const work = async (number: number) => {
      const own = join(folder, `lane-${number}`);
      mkdirSync(own, { mode: 0o755 });
      const redis = options.redis && (await startRedis());
      if (redis) started.push(redis);
      // One database for all runs of a lane: every test creates its own data.
      const env = {
        TEARLINE_DIR: join(own, 'data'),
        E2E_CONSISTENCY: options.consistency,
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
    process.stdout.write(`\n${table(results)}`);
    const failed = results.filter((result) => result.failed > 0);
    if (failed.length > 0) throw new Error(`failed: ${failed.map(({ name }) => name).join(', ')}`);
  } finally {
    for (const redis of started) await redis.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

process.exitCode = await runScript(command);
