/** What it costs to tear the modules apart: `npm run bench:split`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sendRequest } from '../kit/http-request.js';
import { type Cleanup, withCleanup } from '../kit/cleanup.js';
import { openDatabase } from '../kit/database.js';
import { type Endpoint, endpoints, type HttpRequest } from '../kit/endpoints.js';
import { pinDriver } from '../kit/machine.js';
import { cpuOf, machineCpu } from '../kit/process-usage.js';
import { makeKeys, takeSamples } from '../kit/samples.js';
import type { ServerProcess } from '../kit/server-process.js';
import { compare } from './split/compare.js';
import { readSplitOptions, type SplitOptions } from './split/options.js';
import { apart, type Placement, together } from './split/placement.js';
import { circumstances, type Comparison, figures, ratios, startFigures } from './split/report.js';
import { Services } from './split/services.js';
import { timeStarts } from './split/starts.js';
import { startTearline } from './monolith.js';
import { temporaryDir } from '../kit/temporary-dir.js';
import { startYardstick } from './baselines.js';

const PROFILES = join(import.meta.dirname, '../../../profiles');

const note = (line: string) => void process.stderr.write(`${line}\n`);

async function bench(options: SplitOptions, cleanup: Cleanup): Promise<void> {
  const dir = await temporaryDir(cleanup);
  await mkdir(PROFILES, { recursive: true });
  const cores = pinDriver();
  note('starting and seeding PostgreSQL');
  const database = await openDatabase(dir, cleanup);
  const keys = await makeKeys();
  const samples = await takeSamples(database.ownerUrl, keys);
  const common = { database, keys, core: cores.server, dir };
  const profiles = options.profile ? PROFILES : undefined;
  const services = await Services.plan({ ...common, profiles });

  note('timing starts');
  const starts = await timeStarts(
    [
      { name: 'monolith', start: () => startTearline(common) },
      { name: 'articles alone', goal: 0.6, start: () => services.start('articles') },
      { name: 'Nest on Fastify, nothing else', start: () => startYardstick('prebuilt', common) },
    ],
    options.starts,
    cleanup,
  );

  const run = async (start: Promise<ServerProcess>) => {
    const server = await start;
    cleanup.add(server.stop);
    return server;
  };
  const profile = profiles && join(profiles, 'split-monolith.cpuprofile');
  const monolith = await run(startTearline({ ...common, profile }));
  const split: Record<string, ServerProcess> = {};
  for (const module of Object.keys(database.urls)) split[module] = await run(services.start(module));
  const placements = [together(monolith), apart(split)];

  const othersCpu = () => machineCpu() - cpuOf(process.pid) - cpuOf(database.pid);
  const [started, before] = [performance.now(), othersCpu()];
  const comparisons: Comparison[] = [];
  for (const endpoint of endpoints.filter(({ name }) => options.endpoints.includes(name))) {
    note(`measuring ${endpoint.name}`);
    const shots = endpoint.requests(samples);
    await requireSame(endpoint, shots, placements);
    const [one, other] = await compare(endpoint, shots, placements, database.pid, options);
    comparisons.push({ endpoint, monolith: one!, split: other! });
  }

  const others = (othersCpu() - before) / (performance.now() - started);
  const about = circumstances(options, { cores, database, others });
  const tables = [about, figures(comparisons), ratios(comparisons, others), startFigures(starts)];
  process.stdout.write(`${tables.join('\n\n')}\n`);
  if (
    comparisons.some(({ monolith: { full, paced }, split: other }) =>
      [full, paced, other.full, other.paced].some(({ errors }) => errors > 0),
    )
  ) {
    note('some requests failed, so the figures are of no use');
    process.exitCode = 1;
  }
  if (options.profile) note(`CPU profiles are in ${PROFILES}`);
}

/** Nobody can tell them apart, but by the clock. */
async function requireSame(
  endpoint: Endpoint,
  shots: readonly HttpRequest[],
  placements: readonly Placement[],
) {
  if (endpoint.alike !== 'bytes') return;
  for (const shot of shots.slice(0, 10)) {
    const answers = [];
    for (const placement of placements)
      answers.push(await sendRequest(placement.serving(endpoint.name).url, shot));
    if (answers[0] !== answers[1]) throw new Error(`${shot.path}: the split answers differently`);
  }
}

await withCleanup(async (cleanup) => {
  const options = readSplitOptions(process.argv.slice(2));
  if (options) await bench(options, cleanup);
});
