/** Runs the end-to-end suite against topologies in containers: builds, starts, tests through nginx, and takes everything down. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, runScript, script, UsageError } from '@tearline/process';

const PROJECT = 'tearline-e2e';
const COMPOSE = 'dist/apps/compose/src/main.js';
const NO_CONTAINERS = 3;

const command = script('e2e:compose')
  .usage('<topology | --alone module>…')
  .description(
    `Runs the end-to-end suite against each topology in containers. Needs Docker with its compose plugin. Uses a project of its \
own and a free port, so that other projects can run.`,
  )
  .argument('[topologies...]', 'names of topologies')
  .option(
    '--alone <module>',
    "the module on a host of its own, all others on the host 'app'; repeat the option for other modules",
    (module: string, previous: readonly string[] | undefined) => [...(previous ?? []), module],
  )
  .action(main);

/** Returns why containers cannot run here; undefined when they can. */
function obstacle(): string | undefined {
  const version = spawnSync('docker', ['compose', 'version']);
  if (version.error) return 'docker is not installed';
  if (version.status !== 0) return 'docker has no compose plugin';
  const engine = spawnSync('docker', ['info'], { timeout: 30_000 });
  return engine.status === 0 ? undefined : 'no Docker engine answers';
}

async function compose(env: NodeJS.ProcessEnv, ...args: string[]): Promise<number> {
  const child = spawn(process.execPath, [COMPOSE, '--project', PROJECT, ...args], { env, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** Returns the remaining objects of one kind in the project. */
function remaining(kind: 'container' | 'volume' | 'network'): string[] {
  const filter = `label=com.docker.compose.project=${PROJECT}`;
  const all = kind === 'container' ? ['--all'] : [];
  const { stdout } = spawnSync('docker', [kind, 'ls', ...all, '--quiet', '--filter', filter], {
    encoding: 'utf8',
  });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((id) => `${kind} ${id}`);
}

/** @returns one line of results, and whether everything succeeded */
async function run(topology: string, folder: string): Promise<{ line: string; isFine: boolean }> {
  const report = join(folder, `${topology}.json`);
  const [port] = await freePorts(1);
  const env = { ...process.env, PORT: `${port}` };
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const tested = await compose(env, topology, 'e2e', '--', ...reporters);
  const ended = await compose(env, topology, 'down', '--volumes');
  const left = (['container', 'volume', 'network'] as const).flatMap(remaining);
  const problems = [
    ...(tested === 0 ? [] : [`the suite ended with ${tested}`]),
    ...(ended === 0 ? [] : [`down ended with ${ended}`]),
    ...(left.length === 0 ? [] : [`left behind: ${left.join(', ')}`]),
  ];
  const line = `${topology}: ${counted(report)}${problems.map((each) => `; ${each}`).join('')}`;
  return { line, isFine: problems.length === 0 };
}

function counted(report: string): string {
  try {
    const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    return `${passed} passed, ${failed} failed`;
  } catch {
    return 'no tests ran';
  }
}

async function main(names: readonly string[], { alone = [] }: { alone?: readonly string[] }): Promise<void> {
  const known = readdirSync('topologies').map((file) => file.replace(/[.]yaml$/, ''));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`no topology '${unknown}'; known: ${known.join(', ')}`);
  const topologies = [...names, ...alone.map((module) => `--alone=${module}`)];
  if (topologies.length === 0) throw new UsageError('expected a topology, or --alone <module>');
  const why = obstacle();
  if (why) {
    process.stderr.write(`Containers cannot run here: ${why}.\n`);
    process.exit(NO_CONTAINERS);
  }

  // A terminal interrupts the children too; what is running has to be taken down before this process ends.
  let isInterrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (isInterrupted = true));
  const folder = mkdtempSync(join(tmpdir(), 'e2e-compose-'));
  const results: Awaited<ReturnType<typeof run>>[] = [];
  for (const topology of topologies) {
    if (isInterrupted) break;
    process.stdout.write(`\n── ${topology}\n`);
    results.push(await run(topology, folder));
  }
  rmSync(folder, { recursive: true });
  process.stdout.write(`\n${results.map(({ line }) => line).join('\n')}\n`);
  if (results.some(({ isFine }) => !isFine)) throw new Error('not all topologies passed');
}

process.exitCode = await runScript(command);
