/** Measures what an edge cache beside the reader saves when the origin is far away: `npm run bench:distance`. */
import { randomBytes } from 'node:crypto';
import { Agent, request as sendHttp } from 'node:http';
import { freePorts } from '@tearline/process';
import { closedLoop, type LoadResult, warmUp } from '../kit/closed-loop.js';
import { count, failOnErrors, note, npmScript, numberFrom, runCommand, seconds } from '../kit/command.js';
import { get, headersOf, type HttpRequest } from '../kit/http-request.js';
import { inTurn } from '../kit/in-turn.js';
import { assignMachineCores } from '../kit/machine.js';
import { startNginx } from '../kit/nginx.js';
import { cpuOf } from '../kit/process-usage.js';
import { ms, percent, ratio, tableOfColumns } from '../kit/report/markdown.js';
import { medianRound, quantiles, seededRandom, sum } from '../kit/statistics.js';
import { startVarnish } from '../kit/varnish.js';
import { startProxies } from '../lab/deployment/proxies.js';
import { DEFAULT_MIX, RequestGenerator } from '../lab/request-mix.js';
import { Bench, MONOLITH } from './bench.js';

interface Options {
  readonly distance: number;
  readonly requests: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
}

/** What one reader saw. */
interface Reading {
  readonly p50: number;
  readonly p99: number;
  /** The share of the responses that the edge had. */
  readonly hits: number;
  readonly errors: number;
}

interface Finding {
  readonly reader: string;
  readonly without: Reading;
  readonly with: Reading;
}

/** A server, and the processes that serve its responses. */
interface Target {
  readonly name: string;
  readonly url: string;
  readonly pids: readonly number[];
}

interface Throughput extends LoadResult {
  /** CPU milliseconds a request, of everything that serves it. */
  readonly cpu: number;
}

/** Pages that the edge stores, by their weight in the lab. */
const PAGES = Object.fromEntries(
  Object.entries(DEFAULT_MIX).filter(([name]) =>
    ['list', 'tag', 'author', 'article', 'comments', 'tags', 'profile'].includes(name),
  ),
);

const command = npmScript(
  'bench:distance',
  'Starts a private PostgreSQL, seeds it, and starts the monolith behind nginx, and behind an edge cache (Varnish) that is as far away ' +
    'from nginx as the readers are without it. Prints what readers see with and without it, and the requests that each serves on one core. ' +
    'Takes about three minutes.',
)
  .option('--distance <ms>', 'round trip between readers and the origin', numberFrom(0, 1_000), 80)
  .option('--requests <n>', 'pages of a reader', count, 300)
  .option('--seconds <n>', 'length of a round of throughput', seconds, 3)
  .option('--rounds <n>', 'rounds of throughput; their median counts', count, 5)
  .option('--connections <n>', 'connections that send at the same time', count, 16);

async function run(options: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const cores = assignMachineCores();
  const bench = await Bench.open(cleanup, { cores });
  const [port, purgePort] = (await freePorts(2)) as [number, number];
  const purgeSecret = randomBytes(32).toString('base64url');
  const far = async (to: number) => {
    const { ports, network, close } = await startProxies([to]);
    cleanup.defer(async () => void (await close()));
    network.roundTrip = options.distance;
    return ports.get(to)!;
  };
  const env = {
    TRUST_PROXY: '1',
    CDN_PURGE_URLS: `http://127.0.0.1:${await far(purgePort)}`,
    CDN_PURGE_SECRET: purgeSecret,
  };
  const host = await bench.startHost({ name: 'monolith', entry: MONOLITH, env });
  const nginx = await startNginx(bench.dir, { balance: 'least_conn', urls: [host.url], cores }, cleanup);
  const originPort = await far(Number(new URL(nginx.url).port));
  const edge = await startVarnish(bench.dir, { port, purgePort, originPort, purgeSecret, cores }, cleanup);
  const distant = `http://127.0.0.1:${originPort}`;

  const samples = await bench.samples();
  const generator = await RequestGenerator.create(samples);
  const pages = generator.generate(PAGES, options.requests, seededRandom(1));
  const findings: Finding[] = [];
  const readers: Record<string, readonly HttpRequest[]> = {
    'anonymous, the first one': uniquePages(pages),
    'anonymous, after others': pages,
    'with a token': samples.tokens.slice(0, options.requests).map((token) => get(FEED, token)),
  };
  await warmUp(nginx.url, Object.values(readers).flat(), options.connections, [1, 1, 1]);
  for (const [reader, requests] of Object.entries(readers)) {
    note(`reading: ${reader}`);
    const without = await readPages(distant, requests);
    findings.push({ reader, without, with: await readPages(edge.url, requests) });
  }
  const targets = [
    { name: 'origin: nginx and one host', url: nginx.url, pids: [host.pid, nginx.pid, bench.database.pid] },
    { name: 'edge', url: edge.url, pids: [edge.pid, host.pid, nginx.pid, bench.database.pid] },
  ];
  const throughput = await measureThroughput(targets, pages, options);
  const about = `a round trip of ${options.distance} ms between readers and origin; connections stay open`;
  bench.print(about, figures(findings), throughputFigures(targets, throughput));
  failOnErrors(sum(findings.flatMap((each) => [each.without.errors, each.with.errors])));
  failOnErrors(sum(throughput.map(({ errors }) => errors)));
}

const FEED = '/api/articles/feed?limit=20';

const uniquePages = (requests: readonly HttpRequest[]) => [
  ...new Map(requests.map((request) => [request.path, request])).values(),
];

/** Reads one page after the other, on one connection. */
async function readPages(url: string, requests: readonly HttpRequest[]): Promise<Reading> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const latencies: number[] = [];
  let [hits, errors] = [0, 0];
  for (const request of requests) {
    const started = performance.now();
    const { status, cache } = await readPage(url, request, agent);
    latencies.push(performance.now() - started);
    if (cache === 'HIT') hits += 1;
    if (status !== 200) errors += 1;
  }
  agent.destroy();
  // The first one opened the connection.
  const [p50, p99] = quantiles(latencies.slice(1), [0.5, 0.99]) as [number, number];
  return { p50, p99, hits: hits / requests.length, errors };
}

function readPage(url: string, request: HttpRequest, agent: Agent) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; cache: unknown }>();
  const sent = sendHttp(url + request.path, { agent, headers: headersOf(request) }, (response) => {
    response.resume();
    response.once('error', reject);
    response.once('end', () =>
      resolve({ status: response.statusCode ?? 0, cache: response.headers['x-cache'] }),
    );
  });
  sent.once('error', reject);
  sent.end();
  return promise;
}

async function measureThroughput(
  targets: readonly Target[],
  requests: readonly HttpRequest[],
  { seconds: length, rounds, connections }: Options,
): Promise<Throughput[]> {
  const amounts: number[] = [];
  for (const { url } of targets)
    amounts.push((await warmUp(url, requests, connections, [0.5, 1, 1])) * length);
  const found = await inTurn(targets, rounds, async ({ name, url, pids }, index): Promise<Throughput> => {
    note(`loading: ${name}`);
    const before = cpuOf(...pids);
    const load = await closedLoop(url, requests, { connections, amount: amounts[index]! });
    return { ...load, cpu: (cpuOf(...pids) - before) / load.requests };
  });
  return found.map(medianRound);
}

const figures = (findings: readonly Finding[]) =>
  tableOfColumns(
    [
      ['reader', ({ reader }) => reader],
      ['p50 ms without an edge', ({ without }) => ms(without.p50)],
      ['with', (finding) => ms(finding.with.p50)],
      ['p99 ms without', ({ without }) => ms(without.p99)],
      ['with', (finding) => ms(finding.with.p99)],
      ['from the edge', (finding) => percent(finding.with.hits)],
    ],
    findings,
  );

const throughputFigures = (targets: readonly Target[], found: readonly Throughput[]) =>
  tableOfColumns(
    [
      ['on one core', (index) => targets[index]!.name],
      ['requests/s', (index) => found[index]!.perSecond.toFixed(0)],
      ['against the origin', (index) => ratio(found[index]!.perSecond / found[0]!.perSecond)],
      ['p50 ms', (index) => ms(found[index]!.p50)],
      ['p99 ms', (index) => ms(found[index]!.p99)],
      ['CPU ms a request', (index) => found[index]!.cpu.toFixed(3)],
      ['against the origin', (index) => ratio(found[index]!.cpu / found[0]!.cpu)],
      ['errors', (index) => `${found[index]!.errors}`],
    ],
    [...found.keys()],
  );

await runCommand(command, run);
