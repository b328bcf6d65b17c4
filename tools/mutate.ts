/**
 * Mutation testing: changes the code in a copy of the repository, one small change at a time, and runs tests that should
 * notice. `npm run mutate -- --help`. Node runs this file as it is: erasable syntax only.
 */
import { spawn, spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runScript, script, UsageError, wholeNumber } from '@tearline/process';
import ts from 'typescript';

/** A small change of a source that its tests should notice. */
interface Mutant {
  readonly operator: string;
  readonly line: number;
  readonly start: number;
  readonly before: string;
  readonly after: string;
}

const PAIRS = '< <=, <= <, > >=, >= >, === !==, !== ===, && ||, || &&, ?? &&, += -=, -= +=, - +'.split(', ');
const OPERATORS = new Map(PAIRS.map((pair) => pair.split(' ') as [string, string]));

/** Parts of SQL whose loss only a race or a repetition shows. */
const SQL: readonly (readonly [operator: string, part: RegExp, replacement: string])[] = [
  ['drop row lock', / for (no key )?update( skip locked)?/g, ''],
  ['wait for row lock', / skip locked/g, ''],
  ['drop advisory lock', /pg_(try_)?advisory_(xact_)?lock/g, ''],
  ['drop conflict clause', / on conflict do nothing/g, ''],
];

const LOGGING = /^(await |void )?this\.#?log(ger)?\./;

/** Returns the mutants of a TypeScript source. */
export function mutantsOf(text: string): Mutant[] {
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const add = (operator: string, start: number, end: number, after: string) => {
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    found.push({ operator, line, start, before: text.slice(start, end), after });
  };
  const replace = (operator: string, node: ts.Node, after: string) =>
    add(operator, node.getStart(source), node.end, after);

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isDecorator(node)) return;
    if (ts.isIfStatement(node) || ts.isWhileStatement(node))
      replace('negate condition', node.expression, `!(${node.expression.getText(source)})`);
    else if (ts.isConditionalExpression(node))
      replace('negate condition', node.condition, `!(${node.condition.getText(source)})`);
    else if (ts.isBinaryExpression(node)) {
      const { operatorToken } = node;
      const after = OPERATORS.get(operatorToken.getText(source));
      if (after !== undefined) replace('replace operator', operatorToken, after);
    } else if (ts.isExpressionStatement(node) && !LOGGING.test(node.getText(source)))
      replace('drop statement', node, ';');
    else if (ts.isReturnStatement(node) && node.expression && node.expression.getText(source) !== 'undefined')
      replace('drop returned value', node.expression, 'undefined');
    else if (ts.isThrowStatement(node)) replace('drop throw', node, ';');
    else if (node.kind === ts.SyntaxKind.TrueKeyword) replace('flip boolean', node, 'false');
    else if (node.kind === ts.SyntaxKind.FalseKeyword) replace('flip boolean', node, 'true');
    else if (ts.isArrowFunction(node) && !ts.isBlock(node.body))
      replace('drop returned value', node.body, 'undefined');
    else if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      if (/;['`]$/.test(node.getText(source))) replace('drop directive', node, "''");
      for (const [operator, part, after] of SQL)
        for (const { index, 0: match } of node.getText(source).matchAll(part)) {
          const start = node.getStart(source) + index;
          add(operator, start, start + match.length, after);
        }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** A mutant that takes longer than the unchanged code by this factor, and than the minimum, counts as killed. */
const [TIMEOUT_FACTOR, MIN_TIMEOUT_MS] = [4, 30_000];

interface Options {
  readonly files: string[];
  readonly tests: string[];
  readonly operators?: string[];
  readonly sample?: number;
  readonly seed: number;
  readonly build?: true;
  readonly list?: true;
}

type FileMutant = Mutant & { readonly file: string };

/** Copies the repository without its history. Packages are linked; the workspace's own must be those of the copy. */
function createSandbox(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'tearline-mutate-'));
  const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const file of stdout.trim().split('\n')) if (fs.existsSync(join(ROOT, file))) copyTo(folder, file);
  for (const dist of ['dist', ...fs.globSync('libs/{*,modules/*}/dist', { cwd: ROOT })]) copyTo(folder, dist);
  fs.mkdirSync(join(folder, 'node_modules'));
  for (const name of fs.readdirSync(join(ROOT, 'node_modules')))
    if (name === '@tearline')
      fs.cpSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), {
        recursive: true,
        verbatimSymlinks: true,
      });
    else fs.symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  return folder;
}

function copyTo(folder: string, path: string): void {
  fs.mkdirSync(dirname(join(folder, path)), { recursive: true });
  fs.cpSync(join(ROOT, path), join(folder, path), { recursive: true, preserveTimestamps: true });
}

/** Runs the tests. @returns whether they pass in time */
async function passes(sandbox: string, { tests, build }: Options, timeoutMs: number): Promise<boolean> {
  if (build && spawnSync('node', ['tools/build.ts'], { cwd: sandbox }).status !== 0) return false;
  const vitest = join(sandbox, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--bail=1', '--reporter=dot', ...tests];
  // A process group of its own, since tests start servers.
  const running = spawn(process.execPath, args, { cwd: sandbox, stdio: 'ignore', detached: true });
  const kill = () => process.kill(-running.pid!, 'SIGKILL');
  const timer = setTimeout(kill, timeoutMs);
  process.once('exit', kill);
  const { promise, resolve } = Promise.withResolvers<number | null>();
  running.once('exit', resolve);
  const code = await promise;
  process.off('exit', kill);
  clearTimeout(timer);
  return code === 0;
}

/** @throws UsageError when no file matches */
function chooseMutants({ files, operators = [''], sample, seed }: Options): FileMutant[] {
  const sources = fs
    .globSync(files, { cwd: ROOT })
    .filter((file) => /(?<!\.(spec|fixture|d))\.ts$/.test(file));
  if (sources.length === 0) throw new UsageError(`files: no source matches ${files.join(' ')}`);
  const all = sources
    .toSorted()
    .flatMap((file) =>
      mutantsOf(fs.readFileSync(join(ROOT, file), 'utf8')).map((each) => ({ ...each, file })),
    )
    .filter(({ operator }) => operators.some((word) => operator.includes(word)));
  if (sample === undefined) return all;
  const rankOf = (mutant: FileMutant) => hash('sha256', `${seed} ${describe(mutant)}`);
  return all.toSorted((one, other) => (rankOf(one) < rankOf(other) ? -1 : 1)).slice(0, sample);
}

const describe = ({ file, line, operator, before, after }: FileMutant) =>
  `${file}:${line} ${operator}: ${before.replaceAll(/\s+/g, ' ').slice(0, 90)} → ${after.slice(0, 60) || '(nothing)'}`;

async function mutate(options: Options, print: (text: string) => void): Promise<void> {
  const mutants = chooseMutants(options);
  if (options.list) return print(mutants.map((each) => `${describe(each)}\n`).join(''));
  const sandbox = createSandbox();
  process.once('exit', () =>
    fs.rmSync(sandbox, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  );
  const startedAt = performance.now();
  if (!(await passes(sandbox, options, 600_000)))
    throw new Error(`the tests fail without a mutant: npx vitest run ${options.tests.join(' ')}`);
  const timeoutMs = Math.max(MIN_TIMEOUT_MS, TIMEOUT_FACTOR * (performance.now() - startedAt));
  const survivors: FileMutant[] = [];
  for (const [index, mutant] of mutants.entries()) {
    const { file, start, before, after } = mutant;
    const path = join(sandbox, file);
    const original = fs.readFileSync(path, 'utf8');
    fs.writeFileSync(path, original.slice(0, start) + after + original.slice(start + before.length));
    const survived = await passes(sandbox, options, timeoutMs);
    fs.writeFileSync(path, original);
    if (survived) survivors.push(mutant);
    print(`${index + 1}/${mutants.length} ${survived ? 'SURVIVED' : 'killed'} ${describe(mutant)}\n`);
  }
  const killed = mutants.length - survivors.length;
  print(`\n${killed} of ${mutants.length} killed (${Math.round((100 * killed) / mutants.length)} %)\n`);
  for (const each of survivors) print(`survived: ${describe(each)}\n`);
}

const command = script('mutate')
  .description(
    'Changes the code in a copy of the repository, one change at a time, and runs tests that should fail.',
  )
  .requiredOption('--files <globs...>', "sources to change, e.g. 'libs/auth/src/*.ts'")
  .requiredOption('--tests <filters...>', 'spec files to run, as vitest filters paths, e.g. libs/auth')
  .option('--operators <words...>', 'makes only changes whose name contains one of these, e.g. lock')
  .option('--sample <count>', 'changes so many of the places, chosen at random', wholeNumber(1, 100_000))
  .option('--seed <number>', 'chooses another sample', wholeNumber(0, 1_000_000), 1)
  .option('--build', 'builds before the tests, for those that start the application')
  .option('--list', 'lists the changes, and runs nothing')
  .action((options: Options) => mutate(options, (text) => void process.stdout.write(text)));

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
if (import.meta.main) process.exitCode = await runScript(command);
