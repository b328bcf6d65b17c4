/** What events cost, and how long they take: `npm run bench:events`. */
import { type Cleanup, withCleanup } from '../kit/cleanup.js';
import { openDatabase } from '../kit/database.js';
import { effects } from './events/effect.js';
import { fanOut } from './events/fan-out.js';
import type { Finding } from './events/finding.js';
import { startHosts, stopHosts } from './events/hosts.js';
import { type EventsOptions, readEventsOptions } from './events/options.js';
import { publishing } from './events/publish.js';
import { startRedis } from '../kit/redis.js';
import { report } from './events/report.js';
import { makeKeys, takeSamples, userIdIn } from '../kit/samples.js';
import { temporaryDir } from '../kit/temporary-dir.js';

const note = (line: string) => void process.stderr.write(`${line}\n`);

async function bench(options: EventsOptions, cleanup: Cleanup): Promise<void> {
  const dir = await temporaryDir(cleanup);
  note('starting and seeding PostgreSQL');
  const database = await openDatabase(dir, cleanup);
  const keys = await makeKeys();
  const samples = await takeSamples(database.ownerUrl, keys);
  const findings: Finding[] = [];
  for (const broker of options.brokers) {
    const redisUrl = broker === 'redis' ? (await startRedis(dir, cleanup)).url : undefined;
    const hosts = await startHosts({ database, keys, dir, redisUrl }, cleanup);
    note(`${broker}: publishing with events and without`);
    const published = await publishing(hosts, samples, options);
    note(`${broker}: from event to effect`);
    const effect = await effects(hosts.told.url, database.ownerUrl, samples, options.samples);
    note(`${broker}: one article to ${options.followers} followers`);
    const [token] = samples.tokens;
    const author = userIdIn(token!);
    const { followers } = options;
    const told = await fanOut(hosts.told.url, database.ownerUrl, { author, token: token!, followers });
    await stopHosts(hosts);
    findings.push({ broker, publishing: published, effect, fanOut: told });
  }
  process.stdout.write(`${report(findings, { options, database })}\n`);
  const errors = findings.map(
    (one) => one.publishing.errors + one.fanOut.idle.errors + one.fanOut.meanwhile.errors,
  );
  if (errors.some((count) => count > 0)) {
    note('some requests failed, so the figures are of no use');
    process.exitCode = 1;
  }
}

await withCleanup(async (cleanup) => {
  const options = readEventsOptions(process.argv.slice(2));
  if (options) await bench(options, cleanup);
});
