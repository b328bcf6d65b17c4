/** Measures which server does the work when there are replicas: `npm run bench:replicas`. */
import { closedLoop, type LoadResult, warmUp } from '../kit/closed-loop.js';
import { count, failOnErrors, note, npmScript, runCommand, seconds } from '../kit/command.js';
import { type Database, openDatabase } from '../kit/database.js';
import { favoritePair } from '../kit/endpoints.js';
import { get, type HttpRequest } from '../kit/http-request.js';
import { assignMachineCores, describeMachine } from '../kit/machine.js';
import { readMetric, sumSamples } from '../kit/metrics.js';
import { cpuOfEach } from '../kit/process-usage.js';
import { ms, percent, tableOfColumns, verdict } from '../kit/report/table.js';
import { makeKeys, type Samples, takeSamples } from '../kit/samples.js';
import type { ServerProcess } from '../kit/server-process.js';
import { medianRound, sum } from '../kit/statistics.js';
import { temporaryDir } from '../kit/temporary-dir.js';
import { MONOLITH, startHost } from './hosts.js';

interface Options {
  readonly replicas: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
}

/** A monolith that reads from this many replicas. */
interface Target {
  readonly replicas: number;
  readonly server: ServerProcess;
}

/** The figures of one load; CPU in milliseconds a request. */
interface Round extends LoadResult {
  readonly app: number;
  readonly primary: number;
  readonly onReplicas: number;
  /** The share of the reads that went to replicas, and the smallest and largest share of one of them. */
  readonly offPrimary: number;
  readonly smallestShare: number;
  readonly largestShare: number;
}

interface Finding extends Round {
  readonly load: string;
  readonly replicas: number;
}

/** The share of the reads that two replicas are to take. */
const GOAL = 0.9;
const USERS = 500;

const command = npmScript(
  'bench:replicas',
  'Starts a private PostgreSQL with replicas, seeds it, and starts the monolith once for each number of replicas. ' +
    'Prints which server takes the reads, and what a request costs on each. Takes about three minutes.',
)
  .option('--replicas <n>', 'the largest number of replicas', count, 2)
  .option('--seconds <n>', 'length of a round against one server', seconds, 3)
  .option('--rounds <n>', 'rounds; their median counts', count, 5)
  .option('--connections <n>', 'connections that send at the same time', count, 16);

async function bench(options: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const dir = await temporaryDir('bench', cleanup);
  const cores = assignMachineCores();
  note('starting and seeding PostgreSQL');
  const database = await openDatabase(dir, cleanup, {
    replicas: options.replicas,
    maxConnections: 100 * (options.replicas + 1),
  });
  const keys = await makeKeys();
  const samples = await takeSamples(database.ownerUrl, keys);
  const targets: Target[] = [];
  for (let replicas = 0; replicas <= options.replicas; replicas += 1) {
    const hosts = database.replicas.slice(0, replicas).map(({ url: { host } }) => `postgres://${host}`);
    const env = { CACHE: 'off', DATABASE_REPLICA_URLS: hosts.join() };
    const host = { database, keys, core: cores.hosts?.split(',')[0], dir, entry: MONOLITH, env };
    targets.push({ replicas, server: await startHost({ ...host, name: `monolith-${replicas}` }, cleanup) });
  }
  const findings: Finding[] = [];
  for (const [load, requests] of Object.entries(loadsOf(samples))) {
    note(`measuring ${load}`);
    const rounds = await measureTargets(requests, targets, database, options);
    findings.push(...rounds.map((round, replicas) => ({ ...round, load, replicas })));
  }
  const about = `${options.connections} connections; medians of ${options.rounds} rounds of about ${options.seconds} s`;
  const tables = `${figures(findings)}\n\n${goals(findings)}`;
  process.stdout.write(`${describeMachine(database.version, cores)}\n${about}\n\n${tables}\n`);
  failOnErrors(sum(findings.map(({ errors }) => errors)));
}

/** Loads the targets in turn, round by round, so that a disturbance of the machine affects all of them. */
async function measureTargets(
  requests: readonly HttpRequest[],
  targets: readonly Target[],
  database: Database,
  { rounds, seconds, connections }: Options,
): Promise<Round[]> {
  const runs: { target: Target; amount: number; rounds: Round[] }[] = [];
  for (const target of targets) {
    const perSecond = await warmUp(target.server.url, requests, connections, [0.5, seconds]);
    runs.push({ target, amount: Math.ceil(perSecond * seconds), rounds: [] });
  }
  for (let round = 0; round < rounds; round += 1)
    for (const run of runs)
      run.rounds.push(
        await measureRound(requests, run.target, database, { connections, amount: run.amount }),
      );
  return runs.map((run) => medianRound(run.rounds));
}

async function measureRound(
  requests: readonly HttpRequest[],
  { replicas, server: { url, pid } }: Target,
  { pid: primary, replicas: standbys }: Database,
  load: { connections: number; amount: number },
): Promise<Round> {
  const cpu = () => cpuOfEach([pid, primary, ...standbys.map((standby) => standby.pid)]);
  const reads = () => readMetric(url, 'database_reads_total');
  const [cpuBefore, readsBefore] = [cpu(), await reads()];
  const result = await closedLoop(url, requests, load);
  const [cpuAfter, readsAfter] = [cpu(), await reads()];
  const used = cpuAfter.map((each, index) => (each - cpuBefore[index]!) / result.requests);
  const readsOf = (labels: Record<string, string> = {}) =>
    sumSamples(readsAfter, labels) - sumSamples(readsBefore, labels);
  const shares = standbys
    .slice(0, replicas)
    .map(({ url: { host } }) => readsOf({ server: host }) / readsOf());
  return {
    ...result,
    app: used[0]!,
    primary: used[1]!,
    onReplicas: sum(used.slice(2)),
    offPrimary: sum(shares),
    smallestShare: Math.min(...shares),
    largestShare: Math.max(...shares),
  };
}

/** Returns the requests of 500 users one after the other, each with a token, so that each must see its own writes. */
function loadsOf(samples: Samples): Record<string, HttpRequest[]> {
  const users = Array.from({ length: USERS }, (_, user) => ({
    reads: [...readsOf(samples, user), ...readsOf(samples, user + USERS)],
    writes: favoritePair(
      samples.slugs[user % samples.slugs.length]!,
      samples.tokens[user % samples.tokens.length]!,
    ),
  }));
  return {
    reads: users.flatMap(({ reads }) => reads),
    // A replica may not be ready for the reads that follow a write.
    'reads and 11 % writes': users.flatMap(({ reads, writes }) => [...writes, ...reads]),
  };
}

function readsOf(samples: Samples, at: number): HttpRequest[] {
  const pick = (list: readonly string[]) => encodeURIComponent(list[at % list.length]!);
  const token = samples.tokens[(at % USERS) % samples.tokens.length];
  return [
    `/api/articles/${pick(samples.slugs)}`,
    '/api/articles?limit=20',
    `/api/articles?tag=${pick(samples.tags)}&limit=20`,
    `/api/articles?author=${pick(samples.authors)}&limit=20`,
    '/api/articles/feed?limit=20',
    '/api/tags',
    `/api/profiles/${pick(samples.usernames)}`,
    `/api/articles/${pick(samples.discussedSlugs)}/comments`,
  ].map((path) => get(path, token));
}

const figures = (findings: readonly Finding[]) =>
  tableOfColumns(
    [
      ['load', ({ load, replicas }) => (replicas === 0 ? load : '')],
      ['replicas', ({ replicas }) => `${replicas}`],
      ['requests/s', ({ perSecond }) => perSecond.toFixed(0)],
      ['p50 ms', ({ p50 }) => p50.toFixed(1)],
      ['p99 ms', ({ p99 }) => p99.toFixed(1)],
      ['app CPU ms', ({ app }) => ms(app)],
      ['primary CPU ms', ({ primary }) => ms(primary)],
      ['replicas CPU ms', ({ onReplicas }) => ms(onReplicas)],
      [
        'reads off the primary',
        ({ replicas, offPrimary }) => (replicas === 0 ? '–' : percent(offPrimary, 1)),
      ],
      [
        'of each replica',
        ({ replicas, smallestShare, largestShare }) =>
          replicas === 0 ? '–' : `${percent(smallestShare, 1)} to ${percent(largestShare, 1)}`,
      ],
      ['errors', ({ errors }) => `${errors}`],
    ],
    findings,
  );

/** Returns a table of the goal, and whether it is met. */
const goals = (findings: readonly Finding[]) => {
  const groups = [...Map.groupBy(findings, ({ load }) => load).values()];
  return tableOfColumns(
    [
      ['load', ({ without }) => without.load],
      ['reads off the primary', ({ most }) => percent(most.offPrimary, 1)],
      ['goal', () => `≥ ${percent(GOAL)}`],
      ['', ({ most }) => verdict(most.offPrimary >= GOAL)],
      [
        'primary CPU ms a request',
        ({ without, most }) =>
          `${ms(without.primary)} → ${ms(most.primary)} (− ${percent(1 - most.primary / without.primary, 1)})`,
      ],
    ],
    groups.map((group) => ({ without: group[0]!, most: group.at(-1)! })),
  );
};

await runCommand(command, bench);
