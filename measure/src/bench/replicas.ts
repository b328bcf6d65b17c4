/** Who does the work when there are replicas: `npm run bench:replicas`. */
import { type Cleanup, withCleanup } from '../kit/cleanup.js';
import { SEED_COUNTS, openDatabase } from '../kit/database.js';
import { pinDriver, processor } from '../kit/machine.js';
import { readReplicaOptions, type ReplicaOptions } from './replicas/options.js';
import { mixes } from './replicas/mixes.js';
import { compare } from './replicas/compare.js';
import { figures, verdicts } from './replicas/report.js';
import { makeKeys, takeSamples } from '../kit/samples.js';
import { startTearline } from './monolith.js';
import { temporaryDir } from '../kit/temporary-dir.js';

const note = (line: string) => void process.stderr.write(`${line}\n`);

async function bench(options: ReplicaOptions, cleanup: Cleanup): Promise<void> {
  const dir = await temporaryDir(cleanup);
  const cores = pinDriver();
  note('starting and seeding PostgreSQL');
  const database = await openDatabase(dir, cleanup, {
    replicas: options.replicas,
    maxConnections: 100 * (options.replicas + 1),
  });
  const keys = await makeKeys();
  const samples = await takeSamples(database.ownerUrl, keys);
  const servers = [];
  for (let replicas = 0; replicas <= options.replicas; replicas += 1) {
    const server = await startTearline({ database, keys, core: cores.server, dir, replicas });
    cleanup.add(server.stop);
    servers.push({ replicas, server });
  }
  const findings = [];
  for (const mix of mixes(samples)) {
    note(`measuring ${mix.name}`);
    findings.push({ mix, outcomes: await compare(mix.shots, servers, database, options) });
  }
  const amounts = Object.entries(SEED_COUNTS).map(
    ([name, count]) => `${count.toLocaleString('en-US')} ${name}`,
  );
  const about = [
    `${processor()}; Node ${process.versions.node}, PostgreSQL ${database.version}; ${cores.description}`,
    `${amounts.join(', ')}; ${options.connections} connections; medians of ${options.rounds} rounds of about ${options.seconds} s`,
  ];
  process.stdout.write(`${about.join('\n')}\n\n${figures(findings)}\n\n${verdicts(findings)}\n`);
  if (findings.some(({ outcomes }) => outcomes.some(({ errors }) => errors > 0))) {
    note('some requests failed, so the figures are of no use');
    process.exitCode = 1;
  }
}

await withCleanup(async (cleanup) => {
  const options = readReplicaOptions(process.argv.slice(2));
  if (options) await bench(options, cleanup);
});
