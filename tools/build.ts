/**
 * Compiles the repository: `src` of a library, and of the published app, into the `dist` beside it, where its
 * `package.json` points, everything else into `dist` at the root. Files that are up to date are left alone; output without a source is removed. Types are
 * checked by `npm run types`, not here. Node runs this file as it is: erasable syntax only.
 *
 *   node tools/build.ts [--watch [-- COMMAND …]]     with --watch, compiles at each change and restarts COMMAND
 *
 * A parent process that forks it gets `{ built }`, the outputs relative to the root, after each build.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync, readFileSync, rmSync, statSync, watch } from 'node:fs';
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Options, transform, version } from '@swc/core';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['apps', 'libs', 'examples', 'measure', 'test'];
/** Folders whose `package.json` points to the `dist` beside it. */
const PACKAGES = /^(libs|apps\/tearline)\//;
const DISTS = '{libs/{*,modules/*},apps/tearline}/dist';
/** Sources of the bundle of the hosts. */
const HOSTS = /^(libs|apps\/(monolith|service))\//;
const STAMP = join(ROOT, 'dist/.compiler.json');
const REBUILD_DELAY_MS = 30;
/** Files from which on a build takes long enough to be announced. */
const LARGE_BUILD = 100;

const options: Options = {
  ...(JSON.parse(readFileSync(join(ROOT, '.swcrc'), 'utf8')) as Options),
  swcrc: false,
  configFile: false,
};

/** Whether the build compiles this file, a path relative to the root. */
const isSource = (file: string) =>
  file.endsWith('.ts') &&
  !file.endsWith('.spec.ts') &&
  !file.endsWith('.d.ts') &&
  FOLDERS.some((folder) => file.startsWith(`${folder}/`)) &&
  !/(^|\/)(node_modules|dist)\/|^test\/(architecture\/fixtures|packages\/consumers)\//.test(file);

/** Where the output of a source goes, relative to the root. */
function outputOf(source: string): string {
  const output = source.replace(/\.ts$/, '.js');
  return PACKAGES.test(source) ? output.replace('/src/', '/dist/') : join('dist', output);
}

const modifiedAt = (file: string) => statSync(join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs;

/** An output has the time of the source it was made from, so a source that went back to an older version counts as changed. */
const isUpToDate = (source: string) => {
  const [made, changed] = [modifiedAt(outputOf(source)), modifiedAt(source)];
  return made !== undefined && changed !== undefined && Math.abs(made - changed) < 1;
};

async function compile(source: string): Promise<void> {
  const [from, to] = [join(ROOT, source), join(ROOT, outputOf(source))];
  const { mtime } = statSync(from);
  const { code, map } = await transform(await readFile(from, 'utf8'), {
    ...options,
    filename: from,
    sourceFileName: relative(dirname(to), from),
  });
  await mkdir(dirname(to), { recursive: true });
  // Another build may run at the same time, and a process may read the file meanwhile.
  const part = `${to}.${process.pid}.part`;
  await writeFile(`${to}.map`, map ?? '');
  await writeFile(part, `${code}//# sourceMappingURL=${to.split('/').at(-1)}.map\n`);
  await utimes(part, mtime, mtime);
  await rename(part, to);
}

/** @returns the outputs that were made, relative to the root */
async function build(): Promise<string[]> {
  const compiler = JSON.stringify({ version, options });
  if (
    await readFile(STAMP, 'utf8').then(
      (made) => made !== compiler,
      () => true,
    )
  ) {
    rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
    for (const dist of globSync(DISTS, { cwd: ROOT })) rmSync(join(ROOT, dist), { recursive: true });
  }
  const sources = globSync(`{${FOLDERS.join()}}/**/*.ts`, {
    cwd: ROOT,
    exclude: ['**/node_modules', '**/dist'],
  }).filter(isSource);
  const outputs = new Set(sources.map(outputOf));
  const made = globSync([`dist/{${FOLDERS.join()}}/**/*.js`, `${DISTS}/**/*.js`], {
    cwd: ROOT,
  });
  await Promise.all(
    made
      .filter((output) => !outputs.has(output))
      .flatMap((output) => [output, `${output}.map`].map((file) => rm(join(ROOT, file), { force: true }))),
  );
  const stale = sources.filter((source) => !isUpToDate(source));
  // The bundle of the hosts is older, and would be run instead; `tools/bundle.ts` makes another.
  if (stale.some((source) => HOSTS.test(source)))
    for (const entry of globSync('dist/hosts/{monolith,service}.js', { cwd: ROOT }))
      rmSync(join(ROOT, entry));
  if (stale.length >= LARGE_BUILD) process.stderr.write(`building ${stale.length} files\n`);
  const results = await Promise.allSettled(stale.map(compile));
  const failures = results.filter((result) => result.status === 'rejected');
  // Without the compiler's own stack, which follows the file, the line and the message.
  const messages = failures.map(({ reason }) => (reason as Error).message.split('\n\nCaused by:')[0]!);
  if (messages.length > 0) throw new Error(messages.join('\n'));
  await mkdir(dirname(STAMP), { recursive: true });
  await writeFile(STAMP, compiler);
  return stale.map(outputOf);
}

/** @returns the outputs that were made; undefined after a failure */
async function buildAndReport(): Promise<readonly string[] | undefined> {
  const start = performance.now();
  try {
    const built = await build();
    if (built.length === 0) return built;
    process.stderr.write(`built ${built.length} files in ${Math.round(performance.now() - start)} ms\n`);
    process.send?.({ built });
    return built;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return undefined;
  }
}

/** Builds at each change, then calls `onBuilt` if it succeeded. */
function watchSources(onBuilt: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  const rebuild = (folder: string) => (_: unknown, name: string | null) => {
    if (name === null || !isSource(join(folder, name))) return;
    clearTimeout(timer);
    timer = setTimeout(() => void buildAndReport().then((built) => built && onBuilt()), REBUILD_DELAY_MS);
  };
  for (const folder of FOLDERS) watch(join(ROOT, folder), { recursive: true }, rebuild(folder));
  // What has changed since the build before.
  void buildAndReport().then((built) => built && built.length > 0 && onBuilt());
}

/** Runs a command. @returns a function that restarts it */
function supervise([program, ...args]: string[]): () => void {
  let isRestarting = false;
  let child = start();
  function start(): ChildProcess {
    const started = spawn(program!, args, { stdio: 'inherit' });
    started.once('exit', (code) => {
      // A command that ends by itself waits for the next change.
      if (isEnding) process.exit(code ?? 1);
      if (isRestarting) child = start();
      isRestarting = false;
    });
    return started;
  }
  let isEnding = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      isEnding = true;
      if (child.exitCode !== null || child.signalCode !== null) process.exit(1);
      child.kill(signal);
    });
  return () => {
    if (isEnding || isRestarting) return;
    if (child.exitCode !== null || child.signalCode !== null) child = start();
    else {
      isRestarting = true;
      child.kill('SIGTERM');
    }
  };
}

const [flag, separator, ...command] = process.argv.slice(2);
if ((flag !== undefined && flag !== '--watch') || (separator !== undefined && separator !== '--')) {
  process.stderr.write('usage: node tools/build.ts [--watch [-- COMMAND …]]\n');
  process.exit(2);
}
const built = await buildAndReport();
if (flag !== '--watch') process.exit(built ? 0 : 1);
watchSources(command.length > 0 ? supervise(command) : () => undefined);
