/** What a split buys and what it costs, measured on this machine: `npm run lab`. */
import { TopologyError } from '@tearline/topology';
import { readFile } from 'node:fs/promises';
import { manifests } from '@tearline/modules';
import { UsageError as ToolMissing } from '@tearline/process';
import { Cleanup } from '../kit/cleanup.js';
import { HELP, requestFrom } from './options.js';
import { writeReport } from './render/write-report.js';
import type { Results } from './results.js';
import { runLab } from './run.js';
import { compareRuns } from './verdict/compare-runs.js';
import { UsageError } from './usage-error.js';

const cleanup = new Cleanup();
try {
  const request = requestFrom(
    process.argv.slice(2),
    manifests.map(({ name }) => name),
  );
  if (request.kind === 'help') process.stdout.write(HELP);
  if (request.kind === 'compare') {
    const read = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as Results;
    process.stdout.write(`${compareRuns(await read(request.files[0]), await read(request.files[1]))}\n`);
  }
  if (request.kind === 'run') {
    const results = await runLab(request.options, cleanup);
    process.stdout.write(`${await writeReport(results, request.options.out)}\n`);
  }
} catch (error) {
  // What is taken apart complains.
  if (!cleanup.isRunning) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  const isMistake = [UsageError, ToolMissing, TopologyError].some((kind) => error instanceof kind);
  process.exitCode = isMistake ? 2 : 1;
} finally {
  await cleanup.run();
}
