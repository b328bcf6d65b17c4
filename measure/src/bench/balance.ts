/** Measures how evenly nginx shares a few heavy users among processes: `npm run bench:balance`. */
import { randomBytes } from 'node:crypto';
import { Agent, request as sendHttp } from 'node:http';
import { BALANCES, type Balance } from '@tearline/topology';
import { count, countUpTo, failOnErrors, note, npmScript, runCommand, seconds } from '../kit/command.js';
import { requestsOf } from '../kit/endpoints.js';
import { headersOf, type HttpRequest } from '../kit/http-request.js';
import { inTurn } from '../kit/in-turn.js';
import { assignMachineCores } from '../kit/machine.js';
import { readMetric, sumSamples } from '../kit/metrics.js';
import { startNginx } from '../kit/nginx.js';
import { cpuOfEach } from '../kit/process-usage.js';
import { ms, percent, tableOfColumns } from '../kit/report/markdown.js';
import type { Samples } from '../kit/samples.js';
import type { ServerProcess } from '../kit/server-process.js';
import { type Figure, figureOf, quantiles, sum } from '../kit/statistics.js';
import { Bench, MONOLITH } from './bench.js';

interface Options {
  readonly users: number;
  readonly processes: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** The requests of all users, and a token for each user: nginx sets no cookie with a public page. */
interface Load {
  readonly requests: readonly HttpRequest[];
  readonly tokens: readonly string[];
}

/** An nginx in front of some of the processes. */
interface Target {
  readonly balance: Balance;
  readonly processes: readonly ServerProcess[];
  readonly url: string;
  /** Whether all users are behind one address, such as that of an office. */
  readonly isOneAddress: boolean;
}

interface Round {
  /** The shares of the process with the most of each. */
  readonly requests: number;
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
  readonly errors: number;
}

const MAX_PROCESSES = 5;

const command = npmScript(
  'bench:balance',
  'Starts a private PostgreSQL, seeds it, starts processes of the monolith, and one nginx for each kind of balancing in front of two of ' +
    'them, three, and so on. A few heavy users, each with a cookie and an address of its own, send one request after the other. Prints ' +
    'the share of the busiest process. Takes about three minutes.',
)
  .option('--users <n>', 'heavy users', count, 10)
  .option('--processes <n>', 'the largest number of processes', countUpTo(MAX_PROCESSES), 3)
  .option('--seconds <n>', 'length of a round', seconds, 2)
  .option('--rounds <n>', 'rounds, each with other users; their median counts', count, 9);

async function run(options: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const cores = assignMachineCores();
  const bench = await Bench.open(cleanup, { cores, maxConnections: 100 * options.processes });
  const servers: ServerProcess[] = [];
  // nginx, which is trusted, forwards the addresses of the users.
  const env = { CACHE: 'off', TRUST_PROXY: '1', WRITES_PER_MINUTE: '1000000' };
  for (let number = 1; number <= options.processes; number += 1)
    servers.push(await bench.startHost({ name: `monolith-${number}`, entry: MONOLITH, env }));
  const targets: Target[] = [];
  for (let processes = 2; processes <= options.processes; processes += 1)
    for (const balance of BALANCES) {
      const used = servers.slice(0, processes);
      const { url } = await startNginx(
        bench.dir,
        { balance, urls: used.map((server) => server.url), cores },
        cleanup,
      );
      targets.push({ balance, processes: used, url, isOneAddress: false });
      if (balance === 'ip_hash') targets.push({ balance, processes: used, url, isOneAddress: true });
    }
  const samples = await bench.samples();
  const load = { requests: loadOf(samples), tokens: samples.tokens };
  note('warming up');
  for (const target of targets) await measure(target, { ...options, seconds: 1 }, load);
  const rounds = await inTurn(targets, options.rounds, (target) => {
    note(`measuring ${target.balance} with ${target.processes.length} processes`);
    return measure(target, options, load);
  });
  const about =
    `${options.users} users, each with one request at a time; medians and ranges of ${options.rounds} rounds of ` +
    `${options.seconds} s, each with other users`;
  bench.print(about, figures(targets, rounds));
  failOnErrors(sum(rounds.flat().map(({ errors }) => errors)));
}

const PAGES = ['article', 'list', 'tag', 'author', 'feed', 'profile', 'comments'];

const loadOf = (samples: Samples): HttpRequest[] =>
  PAGES.flatMap((page) => requestsOf(page, samples).slice(0, 50)).toSorted(() => Math.random() - 0.5);

async function measure(
  { balance, processes, url, isOneAddress }: Target,
  { users, seconds: length }: Options,
  { requests, tokens }: Load,
): Promise<Round> {
  const served = () => Promise.all(processes.map(requestsServedBy));
  const pids = processes.map(({ pid }) => pid);
  const [requestsBefore, cpuBefore] = [await served(), cpuOfEach(pids)];
  const until = performance.now() + length * 1_000;
  const network = randomBytes(2).join('.');
  const results = await Promise.all(
    Array.from({ length: users }, (_, user) =>
      new User(url, `10.${network}.${isOneAddress ? 1 : user + 1}`, tokens[user]!).load(requests, until),
    ),
  );
  const cpuAfter = cpuOfEach(pids);
  const requestsAfter = await served();
  const latencies = results.flatMap((result) => result.latencies);
  const [p50, p99] = quantiles(latencies, [0.5, 0.99]) as [number, number];
  return {
    requests: largestShare(requestsAfter.map((after, index) => after - requestsBefore[index]!)),
    cpu: largestShare(cpuAfter.map((after, index) => after - cpuBefore[index]!)),
    p50,
    p99,
    perSecond: latencies.length / length,
    errors: sum(results.map(({ errors }) => errors)) + (balance === 'cookie' ? withoutCookie(results) : 0),
  };
}

/** A user with cookies of their own, on one connection. */
class User {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly latencies: number[] = [];
  errors = 0;
  cookie: string | undefined;

  constructor(
    private readonly url: string,
    private readonly address: string,
    private readonly token: string,
  ) {}

  /** Sends one request after the other. */
  async load(requests: readonly HttpRequest[], until: number): Promise<this> {
    for (let index = Math.floor(Math.random() * requests.length); performance.now() < until; index += 1) {
      const started = performance.now();
      const status = await this.#send(requests[index % requests.length]!);
      this.latencies.push(performance.now() - started);
      if (status !== 200) this.errors += 1;
    }
    this.#agent.destroy();
    return this;
  }

  #send(request: HttpRequest): Promise<number> {
    const headers = {
      ...headersOf({ ...request, token: this.token }),
      'x-forwarded-for': this.address,
      ...(this.cookie !== undefined && { cookie: this.cookie }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const sent = sendHttp(this.url + request.path, { agent: this.#agent, headers }, (response) => {
      const [cookie] = response.headers['set-cookie'] ?? [];
      this.cookie = cookie?.split(';')[0] ?? this.cookie;
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end();
    return promise;
  }
}

const withoutCookie = (users: readonly User[]) => users.filter(({ cookie }) => cookie === undefined).length;

const requestsServedBy = async ({ url }: ServerProcess) =>
  sumSamples(
    (await readMetric(url, 'http_requests_total')).filter(({ labels }) =>
      labels['route']?.startsWith('/api'),
    ),
  );

const largestShare = (values: readonly number[]) => Math.max(...values) / sum(values);

const range = ({ median, low, high }: Figure) => `${percent(median)} (${percent(low)}–${percent(high)})`;

function figures(targets: readonly Target[], rounds: readonly (readonly Round[])[]): string {
  const rows = targets.map((target, index) => {
    const of = (field: keyof Round) => figureOf(rounds[index]!.map((round) => round[field]));
    return { target, of };
  });
  return tableOfColumns(
    [
      ['balance', ({ target }) => target.balance + (target.isOneAddress ? ', one address' : '')],
      ['processes', ({ target }) => `${target.processes.length}`],
      ['even share', ({ target }) => percent(1 / target.processes.length)],
      ['requests of the busiest', ({ of }) => range(of('requests'))],
      ['its CPU', ({ of }) => range(of('cpu'))],
      ['requests/s', ({ of }) => of('perSecond').median.toFixed(0)],
      ['p50 ms', ({ of }) => ms(of('p50').median)],
      ['p99 ms', ({ of }) => ms(of('p99').median)],
    ],
    rows,
  );
}

await runCommand(command, run);
