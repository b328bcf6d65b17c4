import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { type EndCause, memoryReports, type MemoryReport } from '@tearline/host';
import { isReady } from '@tearline/process';
import { note } from '../../../measure/src/kit/command.js';
import { tableOfColumns } from '../../../measure/src/kit/report/markdown.js';
import { temporaryDir } from '../../../measure/src/kit/temporary-dir.js';
import { MemoryLimit } from '../../support/memory-limit.js';
import type { Exit } from '../../support/running-app.js';
import { type RunningTopology, startTopology } from '../../support/running-topology.js';
import { killAtLimit } from './kill-at-limit.js';
import { leakUntilEnd } from './leak-until-end.js';
import { type LeakKind, leaks, type LeakingModule } from './leaks.js';

const LIMIT_MIB = 320;
const MIB = 1_048_576;
const MIB_A_REQUEST = 2;
const KINDS: readonly LeakKind[] = ['heap', 'buffers'];
const POLL_INTERVAL_MS = 100;
const TIMEOUT_MS = 60_000;

/** A path of each module. What it answers does not matter. */
const PATHS: Readonly<Record<LeakingModule, string>> = {
  articles: '/api/tags',
  comments: '/api/articles/none/comments',
  media: '/api/media',
};

interface Kill {
  readonly module: LeakingModule;
  readonly kind: LeakKind;
  readonly isNamed: boolean;
  readonly isCauseRight: boolean;
  readonly seconds: number;
  readonly grownMib: number;
  readonly evidenceKib: number;
}

interface Kills {
  readonly count: number;
  /** Whether the kernel kills, by the control group of the process, and not this program in its place. */
  readonly byKernel: boolean;
}

/** Runs a host for each module, and kills leaking ones one after the other. The runner starts each again. */
export async function killHosts(
  { count, byKernel }: Kills,
  cleanup: AsyncDisposableStack,
): Promise<{ table: string; mistakes: string[] }> {
  const dir = await temporaryDir('evidence', cleanup);
  const modules = Object.keys(PATHS) as LeakingModule[];
  const limits = new Map(
    byKernel ? modules.map((module) => [module, new MemoryLimit(LIMIT_MIB * MIB, module)]) : [],
  );
  for (const limit of limits.values()) cleanup.defer(() => limit.remove());
  const topology = await startTopology('microservices', {
    env: {
      // By default a full heap would end the process before the kernel does.
      NODE_OPTIONS: `--max-old-space-size=${2 * LIMIT_MIB} --import=${pathToFileURL(resolve('dist/test/faults/memory/leaks.js')).href}`,
      MEMORY_EVIDENCE_DIR: dir,
      ...(!byKernel && { MEMORY_LIMIT_MIB: `${LIMIT_MIB}` }),
      LOG_LEVEL: 'error',
    },
  });
  cleanup.defer(async () => void (await topology.stop()));
  for (const [module, limit] of limits) await restartIn(limit, topology, module);
  const mistakes: string[] = [];
  const kills: Kill[] = [];
  for (let index = 0; index < count; index++) {
    const [module, kind] = [modules[index % modules.length]!, KINDS[index % KINDS.length]!];
    const leak = { url: topology.url, dir: join(dir, module), module, kind };
    const limit = limits.get(module);
    const report = limit
      ? await limit.around(topology.pid, () => killOne(leak, true))
      : await killOne(leak, false);
    const kill = { module, kind, ...judge(report, module, kind, byKernel ? 'oom_kill' : 'memory_limit') };
    kills.push(kill);
    if (!kill.isNamed || !kill.isCauseRight)
      mistakes.push(
        `${module}, ${kind}: ${report.end?.cause}, ${JSON.stringify(report[kind]?.functions.slice(0, 3))}`,
      );
    note(`${index + 1} of ${count}: ${module}, ${kind}: ${kill.isNamed ? 'named' : 'NOT NAMED'}`);
  }
  return { table: tableOf(kills), mistakes };
}

/** Starts the host of a module again, in a control group. */
async function restartIn(
  limit: MemoryLimit,
  topology: RunningTopology,
  module: LeakingModule,
): Promise<void> {
  const { url, pid } = topology.hosts.find(({ modules }) => modules.includes(module))!;
  await limit.around(topology.pid, async () => {
    process.kill(pid, 'SIGKILL');
    while (existsSync(`/proc/${pid}`) || !(await isReady(url))) await pause(POLL_INTERVAL_MS);
  });
}

interface Leak {
  readonly url: string;
  /** Folder of the evidence of the host. */
  readonly dir: string;
  readonly module: LeakingModule;
  readonly kind: LeakKind;
}

/** Has the host of a module leak until it is killed, and returns what the report says when the next process has started. */
async function killOne({ url, dir, module, kind }: Leak, byKernel: boolean): Promise<MemoryReport> {
  const pid = await until(() => pidsIn(dir).find((each) => isSettled(dir, each)), `a host of ${module}`);
  const exited = new Promise<never>(() => undefined);
  const kill = async () => {
    process.kill(pid, 'SIGKILL');
    return 'SIGKILL' as const;
  };
  const killed = byKernel ? untilEnded(pid) : killAtLimit({ pid, exited, kill }, LIMIT_MIB);
  await Promise.all([
    killed,
    leakUntilEnd({ url, exited: killed }, PATHS[module], `${kind} ${MIB_A_REQUEST}`),
  ]);
  await until(() => pidsIn(dir).find((each) => each !== pid), `the next host of ${module}`);
  return untilReported(dir, pid);
}

async function untilEnded(pid: number): Promise<Exit> {
  while (existsSync(`/proc/${pid}`)) await pause(POLL_INTERVAL_MS);
  return 'SIGKILL';
}

async function untilReported(dir: string, pid: number): Promise<MemoryReport> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (performance.now() < deadline) {
    const reports = await memoryReports(dir);
    const found = reports.find(
      ({ process, end, folder }) => process.pid === pid && end && folder.includes('ended-'),
    );
    if (found) return found;
    await pause(POLL_INTERVAL_MS);
  }
  throw new Error(`no process has found the evidence of ${pid} within ${TIMEOUT_MS} ms`);
}

const runningIn = (dir: string) =>
  existsSync(dir) ? readdirSync(dir).filter((name) => name.startsWith('running-')) : [];
const pidsIn = (dir: string) => runningIn(dir).map((name) => Number(name.split('-').at(-1)));

/** Whether a host has had the time to say what it needs all the time. */
const isSettled = (dir: string, pid: number) =>
  runningIn(dir).some((name) => name.endsWith(`-${pid}`) && existsSync(join(dir, name, 'heap-first.json')));

async function until<T>(find: () => T | undefined, what: string): Promise<T> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (performance.now() < deadline) {
    const found = find();
    if (found !== undefined) return found;
    await pause(POLL_INTERVAL_MS);
  }
  throw new Error(`there is no ${what} within ${TIMEOUT_MS} ms`);
}

function judge(
  { end, before, last, folder, ...growths }: MemoryReport,
  module: LeakingModule,
  kind: LeakKind,
  cause: EndCause,
) {
  const [most] = growths[kind]?.functions ?? [];
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  const source = readFileSync('test/faults/memory/leaks.ts', 'utf8').split('\n');
  const { name } = leaks[module][kind];
  const [from, to] = [source.findIndex((line) => line.startsWith(`function ${name}(`)) + 1, most?.line ?? 0];
  return {
    // The line of the function, or one in it.
    isNamed:
      most?.functionName === name &&
      most.file === 'test/faults/memory/leaks.ts' &&
      to >= from &&
      to < from + 5,
    isCauseRight: end?.cause === cause,
    seconds: before && last ? (last.at - before.at) / 1_000 : 0,
    grownMib: (most?.grown ?? 0) / 1_048_576,
    evidenceKib: sizes.reduce((sum, size) => sum + size, 0) / 1_024,
  };
}

function tableOf(kills: readonly Kill[]): string {
  const groups = Map.groupBy(kills, ({ module, kind }) => `${module}, ${kind}`);
  const range = (values: readonly number[]) => {
    const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(0));
    return low === high ? low! : `${low}–${high}`;
  };
  return tableOfColumns(
    [
      ['leak', ([name]) => name],
      ['kills', ([, all]) => `${all.length}`],
      ['function named', ([, all]) => `${all.filter(({ isNamed }) => isNamed).length}`],
      ['cause named', ([, all]) => `${all.filter(({ isCauseRight }) => isCauseRight).length}`],
      ['grew over, s', ([, all]) => range(all.map(({ seconds }) => seconds))],
      ['of the function, MiB', ([, all]) => range(all.map(({ grownMib }) => grownMib))],
      ['evidence, KiB', ([, all]) => range(all.map(({ evidenceKib }) => evidenceKib))],
    ],
    [...groups],
  );
}
