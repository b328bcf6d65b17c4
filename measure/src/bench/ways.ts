/** Asks another process the same question in three ways: `npm run bench:ways`. */
import { freePorts } from '@tearline/process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { count, failOnErrors, note, npmScript, runCommand, seconds } from '../kit/command.js';
import { type Database, openDatabase } from '../kit/database.js';
import { inTurn } from '../kit/in-turn.js';
import { assignMachineCores, describeMachine } from '../kit/machine.js';
import { cpuOfEach } from '../kit/process-usage.js';
import { type RunningRedis, startRedis } from '../kit/redis.js';
import { tableOfColumns } from '../kit/report/markdown.js';
import { type ServerProcess, startServer } from '../kit/server-process.js';
import { figureOf, quantiles, sum } from '../kit/statistics.js';
import { temporaryDir } from '../kit/temporary-dir.js';
import type { Asking, Work } from './ways/asking-host.js';
import { createSchemas } from './ways/question.js';

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly rate: number;
  readonly away: number;
}

type Way = Work['way'];
const WAYS: readonly Way[] = ['seam', 'HTTP', 'event'];
const NAMES: Readonly<Record<Way, string>> = { seam: 'the seam', HTTP: 'plain HTTP', event: 'an event' };

/** Of a question: CPU in milliseconds, bytes, milliseconds. */
interface Round {
  readonly hosts: number;
  readonly servers: number;
  readonly bytes: number;
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
  readonly errors: number;
}

/** What happens to the callee while questions arrive at a constant rate. */
type Fault = 'nothing' | 'down' | 'slow' | 'restarted';

/** The seconds before a fault, and after it. */
const BEFORE_MS = 3_000;
const AFTER_MS = 5_000;
const SLOW_MS = 2_000;
/** An answer after this time is late. */
const LATE_MS = 1_000;

const command = npmScript(
  'bench:ways',
  'Starts a private PostgreSQL, a Redis, a process that asks and one that answers. The same question goes over the seam, over plain HTTP, ' +
    'and as an event through outbox, queue and inbox, with the answer as another event. Prints CPU, bytes and latency of each, and what ' +
    'the caller sees while the callee is down, slow or restarted. Takes about six minutes.',
)
  .option('--rounds <n>', 'rounds; their median counts', count, 5)
  .option('--seconds <n>', 'length of a round', seconds, 3)
  .option('--connections <n>', 'questions at the same time', count, 16)
  .option('--rate <n>', 'questions a second while the callee has a fault', count, 10)
  .option('--away <n>', 'seconds for which the callee is down, or slow', seconds, 10);

async function run(options: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const cores = assignMachineCores();
  note('preparing PostgreSQL and Redis');
  const dir = await temporaryDir('bench', cleanup);
  const database = await openDatabase(dir, cleanup, { isSeeded: false });
  const redis = await startRedis(dir, cleanup);
  const urls = await createSchemas(database.ownerUrl);
  const [port, rpcPort] = (await freePorts(2)) as [number, number];
  const start = (name: string, env: Record<string, string>) =>
    startServer(
      {
        entry: join(import.meta.dirname, 'ways', `${name}-host.js`),
        env: { REDIS_URL: redis.url, DATABASE_URL: urls[name], ...env },
        log: join(dir, `${name}.log`),
        core: cores.hosts,
      },
      cleanup,
    );
  const startAnswering = () => start('answering', { PORT: `${port}`, RPC_PORT: `${rpcPort}` });
  const processes = {
    answering: await startAnswering(),
    asking: await start('asking', {
      ANSWERING_URL: `http://127.0.0.1:${port}`,
      ANSWERING_RPC: `127.0.0.1:${rpcPort}`,
    }),
  };
  note('warming up');
  for (const way of WAYS) await measure(way, processes, database, redis, options);
  const rounds = await inTurn(WAYS, options.rounds, (way) => {
    note(`measuring ${NAMES[way]}`);
    return measure(way, processes, database, redis, options);
  });

  const views: View[] = [];
  for (const fault of ['nothing', 'down', 'slow', 'restarted'] as const)
    for (const way of WAYS) {
      note(`${NAMES[way]}, the callee: ${fault}`);
      const work = { way, rate: options.rate, length: lengthOf(fault, options) };
      const asking = ask(processes.asking, work);
      await pause(BEFORE_MS);
      await inject(fault, processes, options, startAnswering);
      views.push({ fault, way, asking: await asking });
    }
  const about =
    `${options.connections} questions at a time; medians and ranges of ${options.rounds} rounds of ${options.seconds} s; below, ` +
    `${options.rate} questions a second, an answer after ${LATE_MS / 1000} s is late`;
  const head = describeMachine(database.version, cores).split('\n')[0]!;
  process.stdout.write(`${[`${head}\n${about}`, costs(rounds), viewsTable(views, options)].join('\n\n')}\n`);
  failOnErrors(sum(rounds.flat().map(({ errors }) => errors)));
}

interface Processes {
  answering: ServerProcess;
  readonly asking: ServerProcess;
}

async function post<Reply>({ url }: ServerProcess, path: string, body: object): Promise<Reply> {
  const response = await fetch(`${url}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return (text ? JSON.parse(text) : undefined) as Reply;
}

const ask = (asking: ServerProcess, work: Work) => post<Asking>(asking, 'ask', work);

async function measure(
  way: Way,
  { asking, answering }: Processes,
  database: Database,
  redis: RunningRedis,
  { seconds: length, connections }: Options,
): Promise<Round> {
  const hosts = [asking.pid, answering.pid];
  const pids = [...hosts, database.pid, redis.pid];
  const [cpu, bytes, started] = [cpuOfEach(pids), bytesOf(way, hosts), performance.now()];
  const { answered, failed } = await ask(asking, { way, connections, length: length * 1_000 });
  const elapsed = performance.now() - started;
  const used = cpuOfEach(pids).map((after, index) => (after - cpu[index]!) / answered.length);
  const [p50, p99] = quantiles(answered, [0.5, 0.99]) as [number, number];
  return {
    hosts: used[0]! + used[1]!,
    servers: used[2]! + used[3]!,
    bytes: (bytesOf(way, hosts) - bytes) / answered.length,
    p50,
    p99,
    perSecond: (answered.length / elapsed) * 1_000,
    errors: failed.length,
  };
}

/** The bytes that both processes wrote; of an event, whose other ends are PostgreSQL and Redis, also those that they read. */
function bytesOf(way: Way, pids: readonly number[]): number {
  return sum(
    pids.map((pid) => {
      const text = readFileSync(`/proc/${pid}/io`, 'utf8');
      const [read, written] = [/^rchar: (\d+)/m, /^wchar: (\d+)/m].map((of) => Number(of.exec(text)![1]));
      return written! + (way === 'event' ? read! : 0);
    }),
  );
}

const lengthOf = (fault: Fault, { away }: Options) =>
  BEFORE_MS + AFTER_MS + (fault === 'down' || fault === 'slow' ? away * 1_000 : 0);

async function inject(
  fault: Fault,
  processes: Processes,
  { away }: Options,
  startAnswering: () => Promise<ServerProcess>,
): Promise<void> {
  const { answering } = processes;
  if (fault === 'slow') {
    await post(answering, 'delay', { delay: SLOW_MS });
    await pause(away * 1_000);
    await post(answering, 'delay', { delay: 0 });
  }
  if (fault === 'down') {
    process.kill(answering.pid, 'SIGKILL');
    await pause(away * 1_000);
  }
  if (fault === 'restarted') await answering.stop();
  if (fault === 'down' || fault === 'restarted') processes.answering = await startAnswering();
}

interface View {
  readonly fault: Fault;
  readonly way: Way;
  readonly asking: Asking;
}

const range = (values: readonly number[], digits: number) => {
  const { median, low, high } = figureOf(values);
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
};

function costs(rounds: readonly (readonly Round[])[]): string {
  const column = (field: keyof Round, digits: number) => (index: number) =>
    range(
      rounds[index]!.map((round) => round[field]),
      digits,
    );
  return tableOfColumns(
    [
      ['the question as', (index) => NAMES[WAYS[index]!]],
      ['CPU of both hosts, ms', column('hosts', 2)],
      ['CPU of PostgreSQL and Redis, ms', column('servers', 2)],
      ['bytes', column('bytes', 0)],
      ['p50 ms', column('p50', 1)],
      ['p99 ms', column('p99', 1)],
      ['a second', column('perSecond', 0)],
    ],
    [...WAYS.keys()],
  );
}

function viewsTable(views: readonly View[], { away }: Options): string {
  const titles: Readonly<Record<Fault, string>> = {
    nothing: 'well',
    down: `killed, down for ${away} s`,
    slow: `slow (${SLOW_MS / 1000} s) for ${away} s`,
    restarted: 'stopped and started',
  };
  const longest = ({ answered, failed }: Asking) => Math.max(...answered, ...failed) / 1_000;
  return tableOfColumns<View>(
    [
      ['the callee is', ({ fault }) => titles[fault]],
      ['the question as', ({ way }) => NAMES[way]],
      ['in time', ({ asking }) => `${asking.answered.filter((time) => time <= LATE_MS).length}`],
      ['late', ({ asking }) => `${asking.answered.filter((time) => time > LATE_MS).length}`],
      ['failed', ({ asking }) => `${asking.failed.length}`],
      ['longest wait, s', ({ asking }) => longest(asking).toFixed(1)],
    ],
    views,
  );
}

await runCommand(command, run);
