/** Measures what events cost, and how long they take: `npm run bench:events`. */
import { Option } from 'commander';
import { count, countUpTo, failOnErrors, listOf, note, npmScript, runCommand } from '../kit/command.js';
import { startRedis } from '../kit/redis.js';
import { userIdIn } from '../kit/samples.js';
import { sum } from '../kit/statistics.js';
import { Bench } from './bench.js';
import { measureDelivery } from './events/delivery.js';
import { measureFanOut } from './events/fan-out.js';
import { startHosts } from './events/hosts.js';
import { measurePublishing } from './events/publishing.js';
import { type BrokerName, type Finding, tablesOf } from './events/report.js';

interface Options {
  readonly brokers: readonly BrokerName[];
  readonly samples: number;
  readonly rounds: number;
  readonly followers: number;
}

const BROKERS = ['redis', 'postgres'] as const;

const command = npmScript(
  'bench:events',
  'Starts a private PostgreSQL and a private Redis, seeds the former, and starts the API twice, once without subscribers ' +
    'to its events, beside a worker that handles them. Prints what an event costs the request that publishes it, how ' +
    'long it takes until its effect can be read, and how fast an article reaches many followers while others read. ' +
    'Takes about five minutes.',
)
  .addOption(
    new Option('--brokers <names>', `any of ${BROKERS.join(',')}`)
      .argParser(listOf(BROKERS))
      .default(BROKERS, 'all'),
  )
  .option('--samples <n>', 'publications and favorites in a round', count, 300)
  .option('--rounds <n>', 'rounds; their median counts', count, 5)
  .option('--followers <n>', 'followers of one author', countUpTo(1_000_000), 100_000)
  .addOption(
    new Option('--quick', 'few of each, for a first look').implies({
      samples: 60,
      rounds: 2,
      followers: 20_000,
    }),
  );

async function run(options: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const bench = await Bench.open(cleanup);
  const { ownerUrl } = bench.database;
  const samples = await bench.samples();
  const findings: Finding[] = [];
  for (const broker of options.brokers) {
    const redisUrl = broker === 'redis' ? (await startRedis(bench.dir, cleanup)).url : undefined;
    const hosts = await startHosts(bench, redisUrl);
    const { url } = hosts.subscribed;
    note(`${broker}: publishing with subscribers and without`);
    const publishing = await measurePublishing(hosts, samples, options);
    note(`${broker}: from event to effect`);
    const delivery = await measureDelivery(url, ownerUrl, samples, options.samples);
    note(`${broker}: one article to ${options.followers} followers`);
    const token = samples.tokens[0]!;
    const author = { id: userIdIn(token), token, followers: options.followers };
    const fanOut = await measureFanOut(url, ownerUrl, author);
    await Promise.all(Object.values(hosts).map((host) => host.stop()));
    findings.push({ broker, publishing, delivery, fanOut });
  }
  bench.print(`medians of ${options.rounds} rounds of ${options.samples}`, ...tablesOf(findings));
  const errors = findings.map(({ publishing, fanOut }) => [publishing, fanOut.idle, fanOut.meanwhile]);
  failOnErrors(sum(errors.flat().map((part) => part.errors)));
}

await runCommand(command, run);
