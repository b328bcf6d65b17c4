/**
 * Runs the end-to-end suite: against the monolith, against one topology, or against every way to place the modules.
 * Node runs it as it is, types stripped: erasable syntax only, no imports of other sources.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const HELP = `npm run e2e -- [options] [-- options of vitest]

  (none)                    the monolith, without nginx
  --topology <name | file>  one topology, as processes behind nginx
  --consistency <level>     on a primary with two replicas, one of them two seconds behind; with 'session' the client
                            brings its token along from user to user
  --all                     every way to give each module its own host or leave it in 'app'
  --pairwise                the monolith, each module alone, all alone, and of the rest so many that every two
                            modules were seen in every combination
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
 * The ways that everybody knows (all together, one alone, all alone), and of the rest a few that show every two
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

/** One run of the suite. One that did not get so far as to count its tests counts as one failure. */
async function run(
  name: string,
  env: NodeJS.ProcessEnv,
  folder: string,
  options: readonly string[],
): Promise<Result> {
  const started = performance.now();
  const report = join(folder, 'report.json');
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
    env: { ...process.env, ...(!process.stdout.isTTY && { NO_COLOR: '1' }), ...env },
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  const seconds = (performance.now() - started) / 1000;
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

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      topology: { type: 'string' },
      consistency: { type: 'string' },
      all: { type: 'boolean' },
      pairwise: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const modules = readdirSync('libs/modules').toSorted();
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  // PostgreSQL refuses to run as root and takes another user, who must be able to walk in.
  chmodSync(folder, 0o755);
  try {
    const ways = values.all ? everyWay(modules) : values.pairwise ? pairwise(modules) : [];
    const files = values.topology ? [values.topology] : ways.map((way) => fileOf(way, modules, folder));
    if (files.length > 0 && spawnSync('nginx', ['-v']).error) {
      process.stderr.write(
        'nginx is not in PATH: install it (apt install nginx-light, brew install nginx)\n',
      );
      return 2;
    }
    const runs: NodeJS.ProcessEnv[] = files.length > 0 ? files.map((file) => ({ E2E_TOPOLOGY: file })) : [{}];
    const results: Result[] = [];
    for (const env of runs) {
      const name = (env['E2E_TOPOLOGY'] ?? 'monolith').replace(/^.*[/]|[.]ya?ml$/g, '');
      process.stdout.write(`\n── ${name} (${results.length + 1} of ${runs.length})\n`);
      // One database for all runs: every test makes what it needs.
      const shared = { TEARLINE_DIR: join(folder, 'data'), E2E_CONSISTENCY: values.consistency };
      results.push(await run(name, { ...env, ...shared }, folder, positionals));
    }
    process.stdout.write(`\n${table(results)}`);
    return results.some(({ failed }) => failed > 0) ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

if (import.meta.main) process.exitCode = await main();
