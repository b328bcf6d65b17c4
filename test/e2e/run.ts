/**
 * Runs the end-to-end suite: against the monolith, against one topology, or against every way to place the modules.
 * Node runs it as it is, types stripped: erasable syntax only, no imports of other sources.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const HELP = `npm run e2e -- [options] [-- options of vitest]

  (none)                    the monolith, without nginx
  --topology <name | file>  one topology, as processes behind nginx
  --alone <module>          the module on a host of its own, all others on the host 'app'
  --consistency <level>     on a primary with two replicas, one of them two seconds behind; with 'session' the client
                            brings its token along from user to user
  --all                     every way to give each module its own host or leave it in 'app'
  --pairwise                the monolith, each module alone, all alone, and of the rest so many that every two
                            modules were seen in every combination

  --redis                   queues on a redis-server that is started for the run; REDIS_URL names one that runs
  --from <number | name>    leaves out what comes before, to go on with a run that was interrupted
  --only <number | name>,…  these of them alone
  --parallel <count>        so many at the same time, each with a database of its own
`;

/** The modules that have a host of their own; the others share the host `app`. */
type Way = readonly string[];

/** All 2^n ways, from the monolith to each module alone. */
export function everyWay(modules: readonly string[]): Way[] {
  const ways = Array.from({ length: 2 ** modules.length }, (_, bits) =>
    modules.filter((_module, index) => (bits >> index) & 1),
  );
  return ways.toSorted((one, other) => one.length - other.length);
}

/**
 * The usual placements (all together, one alone, all alone), and of the rest a few that show every two
 * modules in every combination that the rest has.
 */
export function pairwise(modules: readonly string[]): Way[] {
  const isKnown = ({ length }: Way) => length <= 1 || length === modules.length;
  const known = everyWay(modules).filter(isKnown);
  const rest = everyWay(modules).filter((way) => !isKnown(way));
  const missing = new Set(rest.flatMap((way) => combinations(way, modules)));
  const chosen: Way[] = [];
  while (missing.size > 0) {
    const news = (way: Way) => combinations(way, modules).filter((each) => missing.has(each)).length;
    const best = rest.reduce((one, other) => (news(other) > news(one) ? other : one));
    for (const each of combinations(best, modules)) missing.delete(each);
    chosen.push(best);
  }
  return [...known, ...chosen];
}

/** For every two modules, which of them have a host of their own. */
function combinations(way: Way, modules: readonly string[]): string[] {
  return modules.flatMap((one, index) =>
    modules.slice(index + 1).map((other) => `${one} ${way.includes(one)}, ${other} ${way.includes(other)}`),
  );
}

/** The file of a topology that places the modules this way. */
function fileOf(way: Way, modules: readonly string[], folder: string): string {
  const together = modules.filter((module) => !way.includes(module));
  const hosts = [
    ...(together.length > 0 ? [['app', together] as const] : []),
    ...way.map((each) => [each, [each]] as const),
  ];
  const wellKnown = { 0: 'monolith', [modules.length]: 'microservices' }[way.length];
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

/** Where runs take place one after the other: a folder, a database in it, perhaps a Redis. */
interface Lane {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Whether what a run prints is kept until it has ended, since others print as well. */
  readonly isOneOfMany: boolean;
}

/** One run of the suite. One that did not get so far as to count its tests counts as one failure. */
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
    // A dot for each test would bring its colours into a file.
    env: { ...process.env, ...(!process.stdout.isTTY && { NO_COLOR: '1' }), ...lane.env, ...env },
    stdio: lane.isOneOfMany ? ['ignore', 'pipe', 'pipe'] : 'inherit',
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

/** Starts a Redis that ends with this process, if not before. @returns its URL */
async function startRedis(folder: string, started: ChildProcess[]): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await once(probe.close(), 'close');
  const settings = { port, bind: '127.0.0.1', dir: folder, save: '', 'maxmemory-policy': 'noeviction' };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const redis = spawn('redis-server', args, { stdio: 'ignore' });
  started.push(redis);
  for (let attempt = 0; attempt < 400 && redis.exitCode === null; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return `redis://127.0.0.1:${port}`;
    await pause(25);
  }
  throw new Error(`redis-server does not answer on port ${port}`);
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

/** Which of the names are meant by their numbers, from 1, or by themselves. */
export function chosen(names: readonly string[], only?: string, from?: string): string[] {
  const named = (choice: string) => {
    const name = /^\d+$/.test(choice) ? names[Number(choice) - 1] : names.find((each) => each === choice);
    if (name === undefined)
      throw new Error(`'${choice}' is none of 1 to ${names.length}, nor of ${names.join(', ')}`);
    return name;
  };
  if (only !== undefined) return only.split(',').map(named);
  return from === undefined ? [...names] : names.slice(names.indexOf(named(from)));
}

const nameOf = (file: string) => file.replace(/^.*[/]|[.]ya?ml$/g, '');

/** What is asked for and not installed, in words. */
function missing(programs: Readonly<Record<string, boolean>>): string | undefined {
  const [program] =
    Object.entries(programs).find(([name, isNeeded]) => isNeeded && spawnSync(name, ['-v']).error) ?? [];
  return (
    program &&
    `${program} is not in PATH: install it (apt install nginx-light redis-server, brew install nginx redis)`
  );
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      topology: { type: 'string' },
      alone: { type: 'string' },
      consistency: { type: 'string' },
      all: { type: 'boolean' },
      pairwise: { type: 'boolean' },
      redis: { type: 'boolean' },
      from: { type: 'string' },
      only: { type: 'string' },
      parallel: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const modules = readdirSync('libs/modules').filter((name) =>
    existsSync(`libs/modules/${name}/src/contract.ts`),
  );
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  // PostgreSQL refuses to run as root and takes another user, who must be able to walk in.
  chmodSync(folder, 0o755);
  const started: ChildProcess[] = [];
  process.once('exit', () => started.forEach((child) => child.kill()));
  try {
    const ways = values.all ? everyWay(modules) : values.pairwise ? pairwise(modules) : [];
    const topology = values.alone ? `--alone=${values.alone}` : values.topology;
    const files = topology ? [topology] : ways.map((way) => fileOf(way, modules, folder));
    const lack = missing({ nginx: files.length > 0, 'redis-server': values.redis === true });
    if (lack) {
      process.stderr.write(`${lack}\n`);
      return 2;
    }
    const names = files.length > 0 ? files.map(nameOf) : ['monolith'];
    const toDo = chosen(names, values.only, values.from);
    const results: Result[] = [];
    const work = async (number: number) => {
      const own = join(folder, `lane-${number}`);
      mkdirSync(own, { mode: 0o755 });
      // One database for all runs of a lane: every test makes what it needs.
      const redis = values.redis && { REDIS_URL: await startRedis(own, started) };
      const env = { TEARLINE_DIR: join(own, 'data'), E2E_CONSISTENCY: values.consistency, ...redis };
      const lane = { folder: own, env, isOneOfMany: values.parallel !== '1' };
      for (let name = toDo.shift(); name !== undefined; name = toDo.shift()) {
        const index = names.indexOf(name);
        process.stdout.write(`\n── ${name} (${index + 1} of ${names.length})\n`);
        const topology = files[index];
        results.push(await run(name, topology ? { E2E_TOPOLOGY: topology } : {}, lane, positionals));
      }
    };
    await Promise.all(Array.from({ length: Number(values.parallel) }, (_, index) => work(index + 1)));
    process.stdout.write(`\n${table(results)}`);
    return results.some(({ failed }) => failed > 0) ? 1 : 0;
  } finally {
    for (const child of started) child.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

if (import.meta.main) process.exitCode = await main();
