import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runScript, script, wholeNumber } from '@tearline/process';
import { Api } from '../../support/api-client.js';
import { atOnce } from '../../support/at-once.js';
import { publish, register } from '../../support/conduit.js';
import { startApp } from '../../support/running-app.js';
import { type RunningTopology, startTopology } from '../../support/running-topology.js';
import type { ClientReport, Job } from './client.js';
import { sendSteadily, type SteadyResult } from './steady-requests.js';

const CLIENT = fileURLToPath(new URL('client.js', import.meta.url));
const READER = '127.0.0.2';
const STREAMS_PER_USER = 10;
const STREAMS_PER_ADDRESS = 500;
/** Sockets of one process of clients. */
const MAX_SOCKETS = 10_000;
const SETTINGS = { REGISTRATIONS_PER_MINUTE: '1000000' };

interface Options {
  readonly halfOpen: number;
  readonly streams: number;
  readonly seconds: number;
  readonly rate: number;
  /** Half-open connections that are opened in a second, at most. */
  readonly attack: number;
  readonly heap?: number;
}

const settingsOf = ({ heap }: Options) => ({
  ...SETTINGS,
  ...(heap && { NODE_OPTIONS: `--max-old-space-size=${heap}` }),
});

const log = (line: string) => process.stderr.write(`${line}\n`);

/** A process of clients, with what it reported last. */
class Clients {
  report: ClientReport | undefined;
  readonly #child: ChildProcess;

  constructor(job: Job) {
    this.#child = fork(CLIENT);
    this.#child.send(job);
    this.#child.on('message', (report: ClientReport) => (this.report = report));
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}

async function measure(
  name: string,
  url: string,
  pids: readonly number[],
  options: Options,
): Promise<string[]> {
  const api = new Api(url);
  const author = await register(api);
  for (let index = 0; index < 20; index += 1) await publish(author);
  const users = await atOnce(Math.ceil(options.streams / STREAMS_PER_USER), 4, () => register(api));
  const tokens = Array.from({ length: options.streams }, (_, index) => users[index % users.length]!.token);
  const from = Array.from(
    { length: Math.ceil(options.streams / STREAMS_PER_ADDRESS) },
    (_, index) => `127.0.1.${index + 1}`,
  );
  const steady = (until: Promise<unknown>) =>
    sendSteadily(
      { url, from: READER, perSecond: options.rate, paths: ['/api/articles', '/api/tags', '/health/ready'] },
      until,
    );
  const rows: string[] = [];
  const row = (what: string, { sent, failed, p50, p99, max }: SteadyResult) => {
    const failures = Object.entries(failed).map(([status, count]) => `${count} × ${status}`);
    const memory = pids.map((pid) => `${residentMib(pid)}`).join(' + ');
    const line = `| ${name} | ${what} | ${sent} | ${failures.join(', ') || 0} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${max.toFixed(0)} | ${memory} |`;
    log(line);
    rows.push(line);
  };
  const during = async (what: string, work: () => Promise<unknown>) => row(what, await steady(work()));
  const clients: Clients[] = [];
  const start = async (job: Job) => {
    const started = new Clients(job);
    clients.push(started);
    while (!started.report?.isReady) await pause(100);
    return started;
  };
  const split = (count: number) =>
    Array.from({ length: Math.ceil(count / MAX_SOCKETS) }, (_, index) => index);
  try {
    await during('nothing else', () => pause(options.seconds * 500));
    await during(`${options.streams} streams opening`, () =>
      Promise.all(
        split(options.streams).map((part) =>
          start({
            kind: 'streams',
            url,
            tokens: tokens.slice(part * MAX_SOCKETS, (part + 1) * MAX_SOCKETS),
            from,
          }),
        ),
      ),
    );
    await during(`${options.streams} streams`, () => pause(options.seconds * 500));
    const streamsOpen = clients.map(({ report }) => report!);
    log(`streams: ${JSON.stringify(streamsOpen)}`);
    const parts = split(options.halfOpen);
    const jobs = parts.map((): Job => ({
      kind: 'half-open',
      options: {
        url,
        count: Math.ceil(options.halfOpen / parts.length),
        rate: options.attack / parts.length,
      },
    }));
    const [firstAttacker] = [clients.length];
    await during(`with ${options.halfOpen} half-open connections opening`, () =>
      Promise.all(jobs.map(start)),
    );
    await during(`with streams and half-open connections`, () => pause(options.seconds * 1_000));
    const attack = clients.slice(firstAttacker).map(({ report }) => report!);
    log(`half-open: ${JSON.stringify(attack)}`);
    log(`streams: ${JSON.stringify(clients.slice(0, firstAttacker).map(({ report }) => report))}`);
  } finally {
    await Promise.all(clients.map((each) => each.stop()));
  }
  return rows;
}

const residentMib = (pid: number) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024);

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

async function againstMonolith(options: Options): Promise<string[]> {
  const app = await startApp({ env: settingsOf(options) });
  try {
    return await measure('monolith', app.url, [app.pid], options);
  } finally {
    await app.stop();
  }
}

async function againstNginx(options: Options): Promise<string[]> {
  const topology: RunningTopology = await startTopology('monolith', { env: settingsOf(options) });
  try {
    const pids = [...childrenOf(topology.nginx), topology.hosts[0]!.pid];
    return await measure('nginx', topology.url, pids, options);
  } finally {
    await topology.stop();
  }
}

const command = script('connections')
  .description(
    'Measures requests of one address while another holds half-open connections, and others streams. Needs Linux and nginx.',
  )
  .option(
    '--half-open <count>',
    'connections with an incomplete request, from one address',
    wholeNumber(0, 60_000),
    20_000,
  )
  .option(
    '--streams <count>',
    'streams of notifications, 500 from each address',
    wholeNumber(1, 100_000),
    10_000,
  )
  .option('--seconds <seconds>', 'how long both stay', wholeNumber(1, 3_600), 60)
  .option('--rate <count>', 'requests in a second', wholeNumber(1, 1_000), 20)
  .option(
    '--attack <count>',
    'half-open connections that are opened in a second, at most',
    wholeNumber(1, 100_000),
    3_000,
  )
  .option('--heap <MiB>', 'the limit of the heap of a host', wholeNumber(50, 100_000))
  .option('--only <target>', 'monolith or nginx')
  .action(async ({ only, ...options }: Options & { only?: string }) => {
    const rows = [
      ...(only === 'nginx' ? [] : await againstMonolith(options)),
      ...(only === 'monolith' ? [] : await againstNginx(options)),
    ];
    process.stdout.write(
      `| target | while | requests | failed | p50 ms | p99 ms | max ms | memory MiB |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`,
    );
  });

const code = await runScript(command);
process.exit(code);
