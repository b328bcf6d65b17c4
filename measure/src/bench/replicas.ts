/** Measures which server does the work when there are replicas: `npm run bench:replicas`. */
import { count, failOnErrors, note, npmScript, runCommand, seconds } from '../kit/command.js';
import { favoritePair, requestsOf } from '../kit/endpoints.js';
import type { HttpRequest } from '../kit/http-request.js';
import { assignMachineCores } from '../kit/machine.js';
import { readMetric } from '../kit/metrics.js';
import { ms, percent, tableOfColumns, verdict } from '../kit/report/markdown.js';
import type { Samples } from '../kit/samples.js';
import { sum } from '../kit/statistics.js';
import { Bench, MONOLITH } from './bench.js';
import { measureTargets, type MeasureOptions, type Round } from './measure.js';

interface Options extends MeasureOptions {
  readonly replicas: number;
}

interface Finding {
  readonly load: string;
  readonly median: Round;
  /** The shares of the reads that went to each replica that the monolith had. */
  readonly shares: readonly number[];
}

/** The share of the reads that two replicas are to take. */
const GOAL = 0.9;
const USERS = 500;
const PAGES = ['article', 'list', 'tag', 'author', 'feed', 'tags', 'profile', 'comments'];

const command = npmScript(
  'bench:replicas',
  'Starts a private PostgreSQL with replicas, seeds it, and starts the monolith once for each number of replicas. ' +
    'Prints which server takes the reads, and what a request costs on each. Takes about three minutes.',
)
  .option('--replicas <n>', 'the largest number of replicas', count, 2)
  .option('--seconds <n>', 'length of a round against one server', seconds, 3)
  .option('--rounds <n>', 'rounds; their median counts', count, 5)
  .option('--connections <n>', 'connections that send at the same time', count, 16);

async function run(options: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const cores = assignMachineCores();
  const maxConnections = 100 * (options.replicas + 1);
  const bench = await Bench.open(cleanup, { cores, replicas: options.replicas, maxConnections });
  const addresses = bench.database.replicas.map(({ url }) => url.host);
  const servers = [];
  for (let replicas = 0; replicas <= options.replicas; replicas += 1) {
    const urls = addresses.slice(0, replicas).map((address) => `postgres://${address}`);
    const env = { CACHE: 'off', DATABASE_REPLICA_URLS: urls.join() };
    servers.push(await bench.startHost({ name: `monolith-${replicas}`, entry: MONOLITH, env }));
  }
  const findings: Finding[] = [];
  for (const [load, requests] of Object.entries(loadsOf(await bench.samples()))) {
    note(`measuring ${load}`);
    const targets = servers.map((server) => {
      const counters = () => readsByServer(server.url);
      return { name: server.url, server, requests, counters };
    });
    const measured = await measureTargets(targets, bench.database, options);
    for (const [replicas, { median }] of measured.entries()) {
      const shares = addresses.slice(0, replicas).map((address) => (median[address] ?? 0) / median['reads']!);
      findings.push({ load, median, shares });
    }
  }
  const { connections, rounds } = options;
  const about = `${connections} connections; medians of ${rounds} rounds of about ${options.seconds} s`;
  bench.print(about, figures(findings), goals(findings));
  failOnErrors(sum(findings.map(({ median }) => median.errors)));
}

/** Returns the reads that may go to a replica, altogether and by the address of the server that answered. */
async function readsByServer(url: string): Promise<Record<string, number>> {
  const reads: Record<string, number> = { reads: 0 };
  for (const { labels, value } of await readMetric(url, 'database_reads_total'))
    for (const counter of ['reads', labels['server']!]) reads[counter] = (reads[counter] ?? 0) + value;
  return reads;
}

/** Returns the requests of 500 users one after the other, each with a token, so that each must see its own writes. */
function loadsOf(samples: Samples): Record<string, HttpRequest[]> {
  const { slugs, tokens } = samples;
  const pages = PAGES.map((endpoint) => requestsOf(endpoint, samples));
  const users = Array.from({ length: USERS }, (_, user) => {
    const token = tokens[user % tokens.length]!;
    const readsAt = (at: number) => pages.map((requests) => ({ ...requests[at % requests.length]!, token }));
    return {
      reads: [...readsAt(user), ...readsAt(user + USERS)],
      writes: favoritePair(slugs[user % slugs.length]!, token),
    };
  });
  return {
    reads: users.flatMap(({ reads }) => reads),
    // A replica may not be ready for the reads that follow a write.
    'reads and 11 % writes': users.flatMap(({ reads, writes }) => [...writes, ...reads]),
  };
}

const figures = (findings: readonly Finding[]) =>
  tableOfColumns(
    [
      ['load', ({ load, shares }) => (shares.length === 0 ? load : '')],
      ['replicas', ({ shares }) => `${shares.length}`],
      ['requests/s', ({ median }) => median.perSecond.toFixed(0)],
      ['p50 ms', ({ median }) => median.p50.toFixed(1)],
      ['p99 ms', ({ median }) => median.p99.toFixed(1)],
      ['app CPU ms', ({ median }) => ms(median.app)],
      ['primary CPU ms', ({ median }) => ms(median.database)],
      ['replicas CPU ms', ({ median }) => ms(median.replicas)],
      ['reads off the primary', ({ shares }) => (shares.length === 0 ? '–' : percent(sum(shares), 1))],
      ['of each replica', ({ shares }) => shares.map((share) => percent(share, 1)).join(' + ') || '–'],
      ['errors', ({ median }) => `${median.errors}`],
    ],
    findings,
  );

/** Returns a table of the goal, and whether it is met. */
const goals = (findings: readonly Finding[]) => {
  const groups = [...Map.groupBy(findings, ({ load }) => load).values()];
  return tableOfColumns(
    [
      ['load', ({ without }) => without.load],
      ['reads off the primary', ({ most }) => percent(sum(most.shares), 1)],
      ['goal', () => `≥ ${percent(GOAL)}`],
      ['', ({ most }) => verdict(sum(most.shares) >= GOAL)],
      [
        'primary CPU ms a request',
        ({ without, most }) =>
          `${ms(without.median.database)} → ${ms(most.median.database)} (− ${percent(1 - most.median.database / without.median.database, 1)})`,
      ],
    ],
    groups.map((group) => ({ without: group[0]!, most: group.at(-1)! })),
  );
};

await runCommand(command, run);
