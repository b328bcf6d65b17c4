/** Measures what each request costs the monolith, beside baselines: `npm run bench`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option } from 'commander';
import { assertSameResponses } from '../kit/assert-same-response.js';
import { count, failOnErrors, listOf, note, npmScript, runCommand, seconds } from '../kit/command.js';
import { endpointNames, endpoints } from '../kit/endpoints.js';
import { assignMachineCores } from '../kit/machine.js';
import { readMetric, sumSamples } from '../kit/metrics.js';
import { residentMemory } from '../kit/process-usage.js';
import type { ServerProcess } from '../kit/server-process.js';
import { sum } from '../kit/statistics.js';
import { Bench, DATABASE_CONNECTIONS, MONOLITH } from './bench.js';
import { measureTargets, type Target } from './measure.js';
import { untilDelivered } from './until-delivered.js';
import { environment, figures, type Finding, goals, type Options } from './report.js';

const PROFILES = join(import.meta.dirname, '../../../profiles');

const command = npmScript(
  'bench',
  'Starts a private PostgreSQL, seeds it, starts the monolith as in production and the baselines beside it, loads one ' +
    'endpoint after the other, and prints what each request costs. Takes about five minutes.',
)
  .addOption(
    new Option('--endpoints <names>', `any of ${endpointNames.join(',')}`)
      .argParser(listOf(endpointNames))
      .default(endpointNames, 'all'),
  )
  .option('--seconds <n>', 'length of a round against one server', seconds, 2)
  .option('--rounds <n>', 'rounds; their median counts', count, 3)
  .option('--connections <n>', 'connections that send at the same time', count, 32)
  .addOption(new Option('--quick', 'short rounds, for a first look').implies({ seconds: 0.4, rounds: 2 }))
  .addOption(
    new Option('--cache <mode>', 'whether the monolith caches responses to anonymous readers')
      .choices(['on', 'off'])
      .default('on'),
  )
  .option('--no-baseline', 'measure the monolith alone')
  .option('--profile', 'write a CPU profile for each endpoint; the figures are then too high')
  .option('--json <file>', 'write all measurements to a file');

async function run(options: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const bench = await Bench.open(cleanup, { cores: assignMachineCores() });
  const samples = await bench.samples();
  const baselines = options.baseline ? await startBaselines(bench) : undefined;
  if (options.profile) await mkdir(PROFILES, { recursive: true });

  let monolith: ServerProcess | undefined;
  const findings: Finding[] = [];
  for (const endpoint of endpoints.filter(({ name }) => options.endpoints.includes(name))) {
    note(`measuring ${endpoint.name}`);
    if (!monolith || options.profile) {
      await monolith?.stop();
      const profile = options.profile ? join(PROFILES, `${endpoint.name}.cpuprofile`) : undefined;
      const env = { CACHE: options.cache };
      monolith = await bench.startHost({ name: 'monolith', entry: MONOLITH, env, profile });
    }
    const { url } = monolith;
    const requests = endpoint.requests(samples);
    const response = await assertSameResponses(endpoint, requests, url, baselines?.raw.url);
    const targets: Target[] = [
      {
        name: 'tearline',
        server: monolith,
        requests,
        counters: () => statementsOf(url),
        settled: () => untilDelivered(bench.database.ownerUrl),
      },
    ];
    if (baselines)
      targets.push(
        { name: 'raw', server: baselines.raw, requests },
        {
          name: 'prebuilt',
          server: baselines.prebuilt,
          requests: requests.map((request) => ({ ...request, path: `/${Buffer.byteLength(response)}` })),
        },
      );
    findings.push({ endpoint, measured: await measureTargets(targets, bench.database, options) });
  }

  const parameters = environment(options, monolith!.startupMs, residentMemory(monolith!.pid));
  const about = bench.print(parameters, figures(findings), goals(findings, options));
  if (options.profile) note(`CPU profiles: ${PROFILES}`);
  if (options.json) await writeFile(options.json, JSON.stringify({ about, options, findings }, undefined, 2));
  failOnErrors(sum(findings.flatMap(({ measured }) => measured.map(({ median }) => median.errors))));
}

/** Starts the servers that the monolith is compared with, on the same core. */
async function startBaselines(bench: Bench) {
  const env = { DATABASE_URL: bench.database.ownerUrl, DATABASE_CONNECTIONS };
  const start = (name: string) =>
    bench.startServer({ name, env, entry: join(import.meta.dirname, `baselines/${name}.js`) });
  return { raw: await start('raw'), prebuilt: await start('prebuilt') };
}

/** Returns the SQL statements that a host has sent so far. */
async function statementsOf(url: string): Promise<{ statements: number }> {
  const samples = await readMetric(url, 'database_queries_total');
  if (samples.length === 0) throw new Error(`${url}/metrics: expected the metric database_queries_total`);
  return { statements: sumSamples(samples, { work: 'call' }) };
}

await runCommand(command, run);
