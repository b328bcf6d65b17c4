/** Measures what a process of a host costs: `npm run bench:host`. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readTopology, type Topology } from '@tearline/topology';
import { type Replica, replicasOf } from '../../../apps/topology/src/addresses.js';
import { hostEnvironment } from '../../../apps/topology/src/host-environment.js';
import { count, note, npmScript, runCommand, seconds } from '../kit/command.js';
import { MODULES, openDatabase } from '../kit/database.js';
import { assignMachineCores, describeMachine } from '../kit/machine.js';
import { cpuOfEach, memoryOfTrees, residentMemory } from '../kit/process-usage.js';
import { ratio, tableOfColumns, verdict } from '../kit/report/markdown.js';
import { makeKeys } from '../kit/samples.js';
import { type ServerProcess, startServer } from '../kit/server-process.js';
import { type Figure, figureOf, sum } from '../kit/statistics.js';
import { temporaryDir } from '../kit/temporary-dir.js';

interface Options {
  readonly rounds: number;
  readonly idle: number;
  readonly files?: true;
}

/** One process, or the sum of the processes that run together. */
interface Cost {
  readonly name: string;
  /** Milliseconds until it listens; of several processes, one after the other. */
  readonly start: number;
  readonly startCpu: number;
  /** MiB. */
  readonly rss: number;
  readonly pss: number;
  /** Milliseconds of CPU in a second without requests. */
  readonly idleCpu: number;
}

type Quantity = Exclude<keyof Cost, 'name'>;

const ROOT = join(import.meta.dirname, '../../../..');
const MONOLITH = 'monolith';
const SPLIT = 'split';
/** Time for what goes on after a start, such as connections between hosts and garbage collection. */
const SETTLE_MS = 5_000;
const CONNECTIONS_PER_MODULE = 5;

/** Goals relative to the monolith; those of `host` hold for the mean of the hosts with one module. */
const GOALS: readonly { what: string; of: 'host' | 'split'; quantity: Quantity; goal: number }[] = [
  { what: 'start of a host with one module', of: 'host', quantity: 'start', goal: 0.5 },
  { what: 'its resident memory', of: 'host', quantity: 'rss', goal: 0.6 },
  { what: 'memory (PSS) of the full split at rest', of: 'split', quantity: 'pss', goal: 2.2 },
  { what: 'CPU of the full split at rest', of: 'split', quantity: 'idleCpu', goal: 1.5 },
];

const command = npmScript(
  'bench:host',
  'Starts the monolith, and then a host for each module, one after the other, and leaves them without requests. Prints the start, ' +
    'the memory and the CPU at rest of each process and of the full split, beside a Nest application with an empty module and a ' +
    'server of node:http. Takes about two minutes.',
)
  .option('--rounds <n>', 'rounds; their median counts', count, 3)
  .option('--idle <n>', 'seconds without requests', seconds, 10)
  .option('--files', 'runs the files of the build instead of the bundle');

async function run({ rounds, idle, files }: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const cores = assignMachineCores();
  note('preparing PostgreSQL');
  const dir = await temporaryDir('bench', cleanup);
  const database = await openDatabase(dir, cleanup, { maxConnections: 200 });
  const { signingKey, jwks } = await makeKeys();
  const secret = randomBytes(32).toString('base64url');
  const entry = join(ROOT, files ? 'dist/apps/service/src/main.js' : 'dist/hosts/service.js');

  const startHosts = async (topology: Topology, stack: AsyncDisposableStack) => {
    const replicas = await replicasOf(topology);
    const shared = {
      topology,
      replicas,
      urls: database.urls,
      replicaUrls: Object.fromEntries(MODULES.map((module) => [module, []])),
      jwks,
      signingKey: JSON.stringify(signingKey),
      rpcSecret: secret,
      consistencySecret: secret,
      operatorPassword: undefined,
      redisUrl: undefined,
      connections: CONNECTIONS_PER_MODULE,
      mediaDir: join(dir, 'media'),
    };
    const start = (replica: Replica) => {
      const env = { ...hostEnvironment(replica, shared, {}), LOG_FORMAT: 'json', TMPDIR: dir };
      return startServer({ entry, env, log: join(dir, 'host.log'), core: cores.hosts }, stack);
    };
    const started: Started[] = [];
    for (const replica of replicas)
      started.push(await startMeasured(replica.host.name, () => start(replica)));
    return started;
  };
  const startBaseline = async (name: string, file: string, stack: AsyncDisposableStack) => [
    await startMeasured(name, () =>
      startServer(
        {
          entry: join(import.meta.dirname, 'baselines', file),
          env: { NODE_COMPILE_CACHE: join(dir, 'compile-cache') },
          log: join(dir, 'baseline.log'),
          core: cores.hosts,
        },
        stack,
      ),
    ),
  ];
  const topologies = {
    [MONOLITH]: await readTopology('monolith', { modules: MODULES }),
    [SPLIT]: await readTopology('microservices', { modules: MODULES }),
  };
  const targets: [string, (stack: AsyncDisposableStack) => Promise<Started[]>][] = [
    ['node:http', (stack) => startBaseline('node:http', 'empty-server.js', stack)],
    ['Nest, an empty module', (stack) => startBaseline('Nest, an empty module', 'empty-host.js', stack)],
    [MONOLITH, (stack) => startHosts(topologies[MONOLITH], stack)],
    [SPLIT, (stack) => startHosts(topologies[SPLIT], stack)],
  ];
  const costs: Cost[] = [];
  for (let round = 0; round <= rounds; round += 1)
    for (const [name, start] of targets) {
      note(round === 0 ? `filling the compile cache with ${name}` : `round ${round}, ${name}`);
      await using stack = new AsyncDisposableStack();
      const started = await start(stack);
      if (round > 0) costs.push(...(await measureAtRest(name, started, idle)));
    }
  const figures = Map.groupBy(costs, ({ name }) => name);
  const about =
    `${files ? 'the files of the build' : 'the bundle'}; medians of ${rounds} rounds, ratios to the monolith; at rest means ` +
    `${idle} s without requests, ${SETTLE_MS / 1000} s after the start`;
  process.stdout.write(
    `${[`${describeMachine(database.version, cores)}\n${about}`, tableOf(figures), goalsOf(figures)].join('\n\n')}\n`,
  );
}

interface Started extends Pick<Cost, 'name' | 'start' | 'startCpu'> {
  readonly pid: number;
}

async function startMeasured(name: string, start: () => Promise<ServerProcess>): Promise<Started> {
  const { pid, startupMs } = await start();
  return { name, pid, start: startupMs, startCpu: cpuOfEach([pid])[0]! };
}

/** @returns the cost of each process, and of several also their sum */
async function measureAtRest(name: string, started: readonly Started[], idle: number): Promise<Cost[]> {
  await pause(SETTLE_MS);
  const pids = started.map(({ pid }) => pid);
  const [before, since] = [cpuOfEach(pids), performance.now()];
  await pause(idle * 1_000);
  const after = cpuOfEach(pids);
  const elapsed = (performance.now() - since) / 1_000;
  const costs = started.map((each, index): Cost => ({
    name: started.length === 1 ? name : each.name,
    start: each.start,
    startCpu: each.startCpu,
    rss: residentMemory(each.pid),
    pss: memoryOfTrees(each.pid),
    idleCpu: (after[index]! - before[index]!) / elapsed,
  }));
  return costs.length === 1 ? costs : [...costs, sumOf(name, costs)];
}

function sumOf(name: string, costs: readonly Cost[]): Cost {
  const of = (quantity: Quantity) => sum(costs.map((cost) => cost[quantity]));
  return {
    name,
    start: of('start'),
    startCpu: of('startCpu'),
    rss: of('rss'),
    pss: of('pss'),
    idleCpu: of('idleCpu'),
  };
}

type Costs = ReadonlyMap<string, readonly Cost[]>;

const figure = (costs: Costs, name: string, quantity: Quantity) =>
  figureOf(costs.get(name)!.map((cost) => cost[quantity]));

function tableOf(costs: Costs): string {
  const column =
    (quantity: Quantity, digits = 0) =>
    (name: string) => {
      const { median, low, high } = figure(costs, name, quantity);
      const relative = ratio(median / figure(costs, MONOLITH, quantity).median);
      return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)}) ${relative}`;
    };
  return tableOfColumns(
    [
      ['process', (name) => (name === SPLIT ? 'the full split, in all' : name)],
      ['start, ms', column('start')],
      ['CPU of the start, ms', column('startCpu')],
      ['RSS, MiB', column('rss')],
      ['PSS, MiB', column('pss')],
      ['CPU at rest, ms/s', column('idleCpu', 1)],
    ],
    [...costs.keys()],
  );
}

function goalsOf(costs: Costs): string {
  const median = (name: string, quantity: Quantity) =>
    (figure(costs, name, quantity) satisfies Figure).median;
  const found = (of: 'host' | 'split', quantity: Quantity) =>
    of === 'split'
      ? median(SPLIT, quantity)
      : sum(MODULES.map((module) => median(module, quantity))) / MODULES.length;
  return tableOfColumns(
    [
      ['goal', ({ what }) => what],
      ['at most', ({ goal }) => ratio(goal)],
      ['measured', (row) => ratio(relativeTo(row))],
      ['verdict', (row) => verdict(relativeTo(row) <= row.goal)],
    ],
    GOALS,
  );
  function relativeTo({ of, quantity }: (typeof GOALS)[number]): number {
    return found(of, quantity) / median(MONOLITH, quantity);
  }
}

await runCommand(command, run);
