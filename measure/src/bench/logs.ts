/** Measures the way of the log through its stream: `npm run bench:logs`. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { countUpTo, listOf, note, npmScript, runCommand } from '../kit/command.js';
import { processor } from '../kit/machine.js';
import { preciseCpu } from '../kit/process-usage.js';
import { tableOfColumns } from '../kit/report/markdown.js';
import { figureOf } from '../kit/statistics.js';
import { temporaryDir } from '../kit/temporary-dir.js';
import { makeSampleStore, SOUGHT_TRACE } from './logs/sample-store.js';
import { searchLogs, startLogServers, startSource } from './logs/servers.js';

const PARTS = ['cpu', 'rate', 'kill', 'search'] as const;
const CPU_WAYS = ['none', 'stdout', 'stream', 'both'];
const CPU_LINES = 20_000;
const STEADY_RATE = 1_000;
const NOWHERE = 'nats://127.0.0.1:1';

interface Options {
  readonly only: readonly (typeof PARTS)[number][];
  readonly lines: number;
  readonly processes: number;
  readonly searched: number;
  readonly kills: number;
  readonly rounds: number;
}

const command = npmScript(
  'bench:logs',
  'Measures the CPU of a line in the request thread; the lines a second from several processes into the store, and whether each is found once; ' +
    'the lines that a kill loses; and searches. Needs nats-server.',
)
  .option('--only <parts>', `any of ${PARTS.join(',')}`, listOf(PARTS), [...PARTS])
  .option('--lines <n>', 'lines that all processes write together', countUpTo(100_000_000), 300_000)
  .option('--processes <n>', 'processes that write them', countUpTo(64), 6)
  .option('--searched <n>', 'lines of the store that is searched', countUpTo(1_000_000_000), 1_000_000)
  .option('--kills <n>', 'processes that are killed', countUpTo(1_000), 20)
  .option('--rounds <n>', 'rounds of the CPU of a line; their median counts', countUpTo(1_000), 9);

async function run(options: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const dir = await temporaryDir('logs', cleanup);
  print(`${processor()}; Node ${process.versions.node}; no process is pinned to a core`);
  for (const part of options.only) {
    note(`measuring ${part}`);
    const before = loadavg()[0]!.toFixed(1);
    await measurements[part](options, join(dir, part), cleanup);
    print(`load average ${before} before, ${loadavg()[0]!.toFixed(1)} after`);
  }
}

type Measurement = (options: Options, dir: string, cleanup: AsyncDisposableStack) => Promise<void>;

/** What a line costs the request thread, on its way to standard output (`/dev/null`), to the stream or to both. */
const measureCpu: Measurement = async ({ rounds }, dir, cleanup) => {
  await mkdir(dir);
  const { env } = await startLogServers(dir, cleanup);
  const source = startSource(env, ['cpu', `${CPU_LINES}`, `${rounds}`, CPU_WAYS.join()], cleanup);
  const { found, dropped, lost } = await replyOf<{
    found: Record<string, number[]>;
    dropped: number;
    lost: number;
  }>(source);
  if (dropped + lost > 0) throw new Error(`${dropped + lost} lines were dropped; do not use these figures`);
  const rows = CPU_WAYS.map((way) => ({ way, figure: figureOf(found[way]!) }));
  const micro = (value: number) => value.toFixed(2);
  print(
    tableOfColumns(
      [
        ['a line of 310 bytes to', ({ way }) => way],
        ['CPU µs of the request thread', ({ figure }) => micro(figure.median)],
        ['rounds', ({ figure }) => `${micro(figure.low)}–${micro(figure.high)}`],
      ],
      rows,
    ),
  );
};

/** How fast lines get into the store, and whether each is there once. */
const measureRate: Measurement = async ({ lines, processes }, dir, cleanup) => {
  await mkdir(dir);
  const { env, nats, store } = await startLogServers(dir, cleanup);
  const each = Math.ceil(lines / processes);
  const total = each * processes;
  const start = performance.now();
  const secondsSince = () => (performance.now() - start) / 1000;
  const sources = Array.from({ length: processes }, () => startSource(env, ['flood', `${each}`], cleanup));
  const replies = await Promise.all(
    sources.map((source) => replyOf<{ dropped: number; cpu: NodeJS.CpuUsage }>(source)),
  );
  const written = secondsSince();
  const dropped = replies.reduce((sum, reply) => sum + reply.dropped, 0);
  // The same sources again would adopt what these have left; an idle one does.
  startSource(env, ['flood', '0'], cleanup);
  while (Number((await query<{ n: string }>(env, 'select count(*) as n from logs')).n) < total - dropped)
    await pause(500);
  const found = secondsSince();
  const { n, different } = await query<{ n: string; different: string }>(
    env,
    'select count(*) as n, count(distinct (process, sequence)) as different from logs',
  );
  const cpu = replies.reduce((sum, reply) => sum + reply.cpu.user + reply.cpu.system, 0);
  const perLine = (micros: number) => `${(micros / total).toFixed(1)} µs`;
  print(
    [
      `${total.toLocaleString('en-US')} lines of ${processes} processes at full speed: handed over and in the spool or the stream after ${written.toFixed(1)} s, all found after ${found.toFixed(1)} s, ${Math.round(total / found).toLocaleString('en-US')} lines/s`,
      `written ${total}, dropped ${dropped}, found ${n}, different ${different}`,
      `CPU a line: processes ${perLine(cpu)} with making it, nats-server ${perLine(preciseCpu(nats).all * 1000)}, store ${perLine(preciseCpu(store).all * 1000)}`,
    ].join('\n'),
  );
  if (Number(n) !== total - dropped || n !== different) process.exitCode = 1;
};

/** How many lines a process loses that is killed, while the stream is away. */
const measureKills: Measurement = async ({ kills }, dir, cleanup) => {
  const lost: number[] = [];
  for (let index = 0; index < kills; index += 1) {
    await mkdir(join(dir, 'spool'), { recursive: true });
    const counter = join(dir, 'counter');
    const env = { LOGS_URL: NOWHERE, LOGS_SPOOL_DIR: join(dir, 'spool') };
    const source = startSource(env, ['steady', `${STEADY_RATE}`, counter], cleanup);
    while ((await linesIn(join(dir, 'spool'))) < STEADY_RATE / 2) await pause(20);
    await pause(Math.random() * 200);
    source.kill('SIGKILL');
    await once(source, 'exit');
    lost.push(Number(await readFile(counter, 'utf8')) - (await linesIn(join(dir, 'spool'))));
    await rm(dir, { recursive: true });
  }
  const { median, low, high } = figureOf(lost);
  print(
    `${kills} processes with ${STEADY_RATE} lines/s, each killed with SIGKILL: lines lost ${low}–${high}, median ${median}`,
  );
};

/** How long a search takes, the start of its process included. */
const measureSearch: Measurement = async ({ searched }, dir) => {
  await makeSampleStore(dir, searched);
  const day = ['--since', '2d'];
  const searches = [
    ['the newest 1,000 lines of a day', day],
    ['one trace in a day', [...day, '--trace', SOUGHT_TRACE]],
    ['errors of a module in a day', [...day, '--level', 'error', '--module', 'articles']],
    ['a text in a day that no line has', [...day, '--text', 'no such text']],
    ['warnings of the last hour', ['--since', '1h', '--level', 'warn']],
    [
      'requests and their median by module, SQL',
      [
        ...day,
        '--sql',
        "select module, count(*), median((line->>'duration')::double) from logs group by all",
      ],
    ],
  ] as const;
  const rows = [];
  for (const [name, args] of searches) {
    const rounds = [];
    for (let round = 0; round < 3; round += 1) rounds.push(await searchLogs({ LOGS_DIR: dir }, args));
    const found = rounds[0]!.printed.split('\n').length - 1;
    rows.push({ name, found, figure: figureOf(rounds.map(({ seconds }) => seconds)) });
  }
  print(
    `${searched.toLocaleString('en-US')} lines, ${Math.round((await bytesIn(dir)) / 1_048_576)} MiB of files`,
  );
  print(
    tableOfColumns(
      [
        ['search', ({ name }) => name],
        ['lines printed', ({ found }) => `${found}`],
        ['seconds', ({ figure }) => figure.median.toFixed(2)],
        ['rounds', ({ figure }) => `${figure.low.toFixed(2)}–${figure.high.toFixed(2)}`],
      ],
      rows,
    ),
  );
};

const measurements: Readonly<Record<(typeof PARTS)[number], Measurement>> = {
  cpu: measureCpu,
  rate: measureRate,
  kill: measureKills,
  search: measureSearch,
};

async function replyOf<Reply>(source: ChildProcess): Promise<Reply> {
  const ended = once(source, 'exit').then(([code]) =>
    Promise.reject(new Error(`a source ended with ${String(code)}`)),
  );
  ended.catch(() => undefined);
  const [reply] = (await Promise.race([once(source, 'message'), ended])) as [Reply];
  return reply;
}

async function query<Row>(env: Readonly<Record<string, string>>, sql: string): Promise<Row> {
  const { printed } = await searchLogs(env, ['--since', '1d', '--sql', sql]);
  return JSON.parse(printed) as Row;
}

async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

async function linesIn(dir: string): Promise<number> {
  const texts = await Promise.all((await filesIn(dir)).map((file) => readFile(file, 'utf8')));
  return texts.join('').split('\n').length - 1;
}

async function bytesIn(dir: string): Promise<number> {
  const texts = await Promise.all((await filesIn(dir)).map((file) => readFile(file)));
  return texts.reduce((sum, { length }) => sum + length, 0);
}

const print = (text: string) => void process.stdout.write(`${text}\n\n`);

await runCommand(command, run);
