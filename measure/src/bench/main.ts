import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertSameResponses } from '../kit/assert-same-response.js';
import { type Cleanup, withCleanup } from '../kit/cleanup.js';
import { openDatabase } from '../kit/database.js';
import { endpoints } from '../kit/endpoints.js';
import { pinDriver } from '../kit/machine.js';
import { measure } from './measure.js';
import { type Options, readOptions } from './options.js';
import { memoryOf } from '../kit/process-usage.js';
import { circumstances, figures, type Finding, verdicts } from './report.js';
import { makeKeys, takeSamples } from '../kit/samples.js';
import type { ServerProcess } from '../kit/server-process.js';
import { prebuiltSubject, rawSubject, type Subject, tearlineSubject } from './subjects.js';
import { startTearline } from './monolith.js';
import { temporaryDir } from '../kit/temporary-dir.js';
import { startYardsticks } from './baselines.js';

const PROFILES = join(import.meta.dirname, '../../../profiles');

const note = (line: string) => void process.stderr.write(`${line}\n`);

async function bench(options: Options, cleanup: Cleanup): Promise<void> {
  const dir = await temporaryDir(cleanup);
  await mkdir(PROFILES, { recursive: true });
  const cores = pinDriver();
  note('starting and seeding PostgreSQL');
  const database = await openDatabase(dir, cleanup);
  const keys = await makeKeys();
  const samples = await takeSamples(database.ownerUrl, keys);
  const common = { database, core: cores.server, dir };
  const yardsticks = options.yardsticks ? await startYardsticks(common, cleanup) : undefined;

  let tearline: ServerProcess | undefined;
  const findings: Finding[] = [];
  for (const endpoint of endpoints.filter(({ name }) => options.endpoints.includes(name))) {
    note(`measuring ${endpoint.name}`);
    if (!tearline || options.profile) {
      await tearline?.stop();
      const profile = options.profile ? join(PROFILES, `${endpoint.name}.cpuprofile`) : undefined;
      tearline = await startTearline({ ...common, keys, profile, cache: options.cache });
      cleanup.add(tearline.stop);
    }
    const shots = endpoint.requests(samples);
    const answer = await assertSameResponses(endpoint, shots, tearline.url, yardsticks?.raw.url);
    const subjects: Subject[] = [tearlineSubject(tearline)];
    if (yardsticks)
      subjects.push(
        rawSubject(yardsticks.raw),
        prebuiltSubject(yardsticks.prebuilt, Buffer.byteLength(answer)),
      );
    const measured = await measure(shots, subjects, { ...options, postgres: database.pid });
    findings.push({ endpoint, measured });
  }

  const about = circumstances(options, {
    cores,
    database,
    tearline: tearline!,
    memory: memoryOf(tearline!.pid),
  });
  process.stdout.write(`${about}\n\n${figures(findings)}\n\n${verdicts(findings, options)}\n`);
  if (findings.some(({ measured }) => measured.some(({ median }) => median.errors > 0))) {
    note('some requests failed, so the figures are of no use');
    process.exitCode = 1;
  }
  if (options.profile) note(`CPU profiles are in ${PROFILES}`);
  if (options.json) await writeFile(options.json, JSON.stringify({ about, options, findings }, undefined, 2));
}

await withCleanup(async (cleanup) => {
  const options = readOptions(process.argv.slice(2));
  if (options) await bench(options, cleanup);
});
