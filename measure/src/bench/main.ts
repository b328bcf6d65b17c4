/** Measures what each request costs the monolith, beside baselines: `npm run bench`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option } from 'commander';
import { assertSameResponses } from '../kit/assert-same-response.js';
import { count, failOnErrors, listOf, note, npmScript, runCommand, seconds } from '../kit/command.js';
import { openDatabase } from '../kit/database.js';
import { endpointNames, endpoints } from '../kit/endpoints.js';
import { assignMachineCores } from '../kit/machine.js';
import { residentMemory } from '../kit/process-usage.js';
import { makeKeys, takeSamples } from '../kit/samples.js';
import type { ServerProcess } from '../kit/server-process.js';
import { sum } from '../kit/statistics.js';
import { temporaryDir } from '../kit/temporary-dir.js';
import { startBaselines } from './baselines.js';
import { MONOLITH, startHost } from './hosts.js';
import { measureTargets, monolithTarget, prebuiltTarget, rawTarget, type Target } from './measure.js';
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

async function bench(options: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const dir = await temporaryDir('bench', cleanup);
  const cores = assignMachineCores();
  const core = cores.hosts?.split(',')[0];
  note('starting and seeding PostgreSQL');
  const database = await openDatabase(dir, cleanup);
  const keys = await makeKeys();
  const samples = await takeSamples(database.ownerUrl, keys);
  const common = { database, core, dir };
  const baselines = options.baseline ? await startBaselines(common, cleanup) : undefined;
  if (options.profile) await mkdir(PROFILES, { recursive: true });

  let monolith: ServerProcess | undefined;
  const findings: Finding[] = [];
  for (const endpoint of endpoints.filter(({ name }) => options.endpoints.includes(name))) {
    note(`measuring ${endpoint.name}`);
    if (!monolith || options.profile) {
      await monolith?.stop();
      const profile = options.profile ? join(PROFILES, `${endpoint.name}.cpuprofile`) : undefined;
      const host = { ...common, keys, profile, name: 'monolith', entry: MONOLITH };
      monolith = await startHost({ ...host, env: { CACHE: options.cache } }, cleanup);
    }
    const requests = endpoint.requests(samples);
    const response = await assertSameResponses(endpoint, requests, monolith.url, baselines?.raw.url);
    const targets: Target[] = [monolithTarget(monolith)];
    if (baselines)
      targets.push(rawTarget(baselines.raw), prebuiltTarget(baselines.prebuilt, Buffer.byteLength(response)));
    const measured = await measureTargets(requests, targets, { ...options, postgres: database.pid });
    findings.push({ endpoint, measured });
  }

  const memory = residentMemory(monolith!.pid);
  const about = environment(options, { cores, database, monolith: monolith!, memory });
  process.stdout.write(`${about}\n\n${figures(findings)}\n\n${goals(findings, options)}\n`);
  if (options.profile) note(`CPU profiles: ${PROFILES}`);
  if (options.json) await writeFile(options.json, JSON.stringify({ about, options, findings }, undefined, 2));
  failOnErrors(sum(findings.flatMap(({ measured }) => measured.map(({ median }) => median.errors))));
}

await runCommand(command, bench);
