/** Takes each module of the full split away, and writes what becomes of each operation of the API to the guide. */
import { readFile, writeFile } from 'node:fs/promises';
import { manifests } from '@tearline/modules';
import { runScript, script } from '@tearline/process';
import { format, resolveConfig } from 'prettier';
import { startRedis } from '../../support/redis.js';
import { startTopology } from '../../support/running-topology.js';
import { observe, type Outcomes } from './observe.js';
import { Site } from './site.js';
import { PAGE, withOutcomes } from './table.js';
import type { Absence } from './take-away.js';

const command = script('degradation')
  .description(
    `Takes each module of the topology microservices away, hung and killed, under requests to every operation, and writes the table of \
${PAGE}. Takes three minutes; needs nginx and redis-server.`,
  )
  .action(main);

const log = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const redis = await startRedis();
  const env = {
    MEDIA_UPLOADS_PER_MINUTE: '1000',
    REDIS_URL: redis.url,
    LOG_LEVEL: 'error',
    SEAM_CHECKED: 'off',
    REGISTRATIONS_PER_MINUTE: '100000',
  };
  const topology = await startTopology('microservices', { env });
  try {
    const site = await Site.fill(topology.url);
    const found: Record<Absence, Map<string, Outcomes>> = { hung: new Map(), killed: new Map() };
    for (const absence of ['hung', 'killed'] as const)
      for (const { name } of manifests) {
        const outcomes = await observe(topology, site, name, absence);
        found[absence].set(name, outcomes);
        log(`${name} ${absence}: ${summaryOf(outcomes)}`);
      }
    const differences = manifests.flatMap(({ name }) => differencesOf(name, found));
    if (differences.length > 0) throw new Error(`hung and killed differ: ${differences.join('; ')}`);
    const page = withOutcomes(await readFile(PAGE, 'utf8'), site.operations, found.killed);
    await writeFile(PAGE, await format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
    log(`${PAGE} is up to date`);
  } finally {
    await topology.stop();
    await redis.stop();
  }
}

function summaryOf(outcomes: Outcomes): string {
  const named = (wanted: string) =>
    Object.entries(outcomes).flatMap(([name, outcome]) => (outcome === wanted ? [name] : []));
  return `fails ${named('fails').join(', ') || 'nothing'}; degrades ${named('degrades').join(', ') || 'nothing'}`;
}

function differencesOf(
  module: string,
  found: Readonly<Record<Absence, ReadonlyMap<string, Outcomes>>>,
): string[] {
  const [hung, killed] = [found.hung.get(module)!, found.killed.get(module)!];
  return Object.keys(killed)
    .filter((name) => hung[name] !== killed[name])
    .map((name) => `${name} without ${module} ${killed[name]}, and ${hung[name]} while it hangs`);
}

process.exitCode = await runScript(command);
